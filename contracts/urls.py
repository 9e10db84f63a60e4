"""Addresses of contracts in the workspace."""

from django.urls import path

from contracts.views import people

urlpatterns = [
    path("people/", people.People.as_view(), name="people"),
    path("people/invite/", people.Invite.as_view(), name="person-invite"),
    path("people/<int:pk>/", people.Person.as_view(), name="person"),
    path("people/<int:pk>/change/", people.ChangePerson.as_view(), name="person-change"),
    path("people/<int:pk>/disable/", people.DisablePerson.as_view(), name="person-disable"),
    path("people/<int:pk>/enable/", people.EnablePerson.as_view(), name="person-enable"),
    path("people/<int:pk>/link/", people.SendLink.as_view(), name="person-link"),
    path("people/<int:pk>/second-factor/", people.ResetFactor.as_view(), name="person-factor"),
]
