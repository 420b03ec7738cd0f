"""The ways through the admins' part, the same on each of its lists."""

from web.pages.library import Tab

TABS = (
    ("Recordings", "/admin"),
    ("Chats", "/admin?show=chats"),
    ("Rooms", "/admin/rooms"),
    ("Domains", "/admin/domains"),
    ("Keys", "/admin/keys"),
    ("Consents", "/admin/consents"),
    ("Settings", "/admin/settings"),
)


def admin_tabs(here: str) -> list[Tab]:
    """Give the tabs; `here` names the one that is shown."""
    return [Tab(words, address, words == here) for words, address in TABS]
