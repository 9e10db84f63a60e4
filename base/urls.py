"""Addresses of the workspace that belong to no business noun."""

from django.urls import path

from base.views.approvals import Approval, ApprovalList
from base.views.handbook import HandbookChapter, HandbookPlace
from base.views.integrity import Integrity
from base.views.mail_choice import Bell, ChooseMails
from base.views.session import SessionEnd
from base.views.trail import Trail
from base.views.trail_object import KnownThen, ObjectTrail
from base.views.worklist import PutOff, TakeBack, WorklistPage
from base.workspace.home import DeleteView, Home, SaveView, Search

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("worklist/", WorklistPage.as_view(), name="worklist"),
    path("worklist/put-off/", PutOff.as_view(), name="put-off"),
    path("worklist/<int:pk>/take-back/", TakeBack.as_view(), name="take-back"),
    path("worklist/bell/", Bell.as_view(), name="bell"),
    path("mails/", ChooseMails.as_view(), name="mail-choice"),
    path("search/", Search.as_view(), name="search"),
    path("session/", SessionEnd.as_view(), name="session-end"),
    path("views/save/", SaveView.as_view(), name="view-save"),
    path("views/<int:pk>/delete/", DeleteView.as_view(), name="view-delete"),
    path("help/", HandbookChapter.as_view(), name="help"),
    path("help/place/", HandbookPlace.as_view(), name="help-place"),
    path("approvals/", ApprovalList.as_view(), name="approvals"),
    path("approvals/<int:pk>/", Approval.as_view(), name="approval"),
    path("history/", Trail.as_view(), name="trail"),
    path("history/integrity/", Integrity.as_view(), name="integrity"),
    path("history/<str:label>/<int:pk>/", ObjectTrail.as_view(), name="trail-object"),
    path("history/<str:label>/<int:pk>/known/", KnownThen.as_view(), name="trail-known"),
]
