"""Rows of Django's and other libraries' models that leave no history here, each with the reason.

Our own models say it themselves (`Tracked`, `frozen`, `untracked_because`). A test walks all
models of all installed apps: what is neither recorded nor named here fails.
"""

RIGHTS = "Follows from roles, which have history; grants nothing itself, and no screen writes it."
LOGGED = "Its changes stand in Wagtail's log, which the trail shows."
WORKFLOW = "A step of an approval; Wagtail's log, which the trail shows, names who took it."
UNUSED = "A part of Wagtail that the product has no screens for; nobody has the right to write it."
DERIVED = "Derived from other rows at any time."
MACHINERY = "Machinery of a library; says nothing that anybody decided."
SIGNING_IN = "Signing in, factors and passwords are events of the trail."

BORROWED: dict[str, str] = {
    "account.EmailAddress": "Not used: the address is the user's, which has history.",
    "account.EmailConfirmation": "Not used: people are invited.",
    "auth.Group": RIGHTS,
    "auth.Group_permissions": RIGHTS,
    "auth.Permission": RIGHTS,
    "contenttypes.ContentType": MACHINERY,
    "django_tasks_database.DBTaskResult": "A queue; what a task does is recorded where it does it.",
    "mfa.Authenticator": SIGNING_IN,
    "sessions.Session": SIGNING_IN,
    "taggit.Tag": UNUSED,
    "taggit.TaggedItem": UNUSED,
    "wagtailadmin.Admin": MACHINERY,
    "wagtailadmin.EditingSession": "Who has a draft open at the moment.",
    "wagtailadmin.FormState": MACHINERY,
    "wagtailcore.Collection": UNUSED,
    "wagtailcore.CollectionViewRestriction": UNUSED,
    "wagtailcore.CollectionViewRestriction_groups": UNUSED,
    "wagtailcore.Comment": UNUSED,
    "wagtailcore.CommentReply": UNUSED,
    "wagtailcore.GroupApprovalTask": RIGHTS,
    "wagtailcore.GroupApprovalTask_groups": RIGHTS,
    "wagtailcore.GroupCollectionPermission": RIGHTS,
    "wagtailcore.GroupPagePermission": RIGHTS,
    "wagtailcore.GroupSitePermission": RIGHTS,
    "wagtailcore.Locale": MACHINERY,
    "wagtailcore.ModelLogEntry": "It is the log of drafts itself, and grows only.",
    "wagtailcore.Page": "What pages say has editions; Wagtail's log, in the trail, tells of moves.",
    "wagtailcore.PageLogEntry": "It is the log of pages itself, and grows only.",
    "wagtailcore.PageSubscription": UNUSED,
    "wagtailcore.PageViewRestriction": UNUSED,
    "wagtailcore.PageViewRestriction_groups": UNUSED,
    "wagtailcore.ReferenceIndex": DERIVED,
    "wagtailcore.Revision": "It is the history of drafts itself, and of pages.",
    "wagtailcore.Site": LOGGED,
    "wagtailcore.Task": LOGGED,
    "wagtailcore.TaskState": WORKFLOW,
    "wagtailcore.UploadedFile": UNUSED,
    "wagtailcore.Workflow": LOGGED,
    "wagtailcore.WorkflowContentType": LOGGED,
    "wagtailcore.WorkflowPage": UNUSED,
    "wagtailcore.WorkflowState": WORKFLOW,
    "wagtailcore.WorkflowTask": LOGGED,
    "wagtaildocs.Document": "A file beside the content; the editions of pages say which offers it.",
    "wagtailembeds.Embed": UNUSED,
    "wagtailimages.Image": UNUSED,
    "wagtailimages.Rendition": UNUSED,
    "wagtailredirects.Redirect": "Made when a page moves, which Wagtail's log tells.",
    "wagtailsearch.IndexEntry": DERIVED,
    "wagtailsearch.SQLiteFTSIndexEntry": DERIVED,
    "wagtailusers.UserProfile": "How the studio looks for one person.",
}
