"""Addresses of the workspace."""

urlpatterns = []
