"""Whom the viewer may find: colleagues; and everybody of the account, for its admins."""

from apiflask import APIBlueprint

from web import guard
from web.api import shapes
from web.current import recstore, viewer

directory = APIBlueprint("api_directory", __name__, tag="Directory")
everybody = APIBlueprint("api_everybody", __name__, tag="Users")


@directory.get("/directory")
@guard.signed_in
@directory.input(shapes.Sought, location="query", arg_name="sought")
@directory.output(shapes.Users)
def search_directory(sought: shapes.Sought) -> shapes.Users:
    """Find colleagues whom the viewer may see, by a part of their name or address, at most 20."""
    found = recstore().directory.search(viewer(), sought.q)
    return shapes.Users(items=[shapes.user(user) for user in found])


@everybody.get("/users")
@guard.admin
@everybody.input(shapes.Sought, location="query", arg_name="sought")
@everybody.output(shapes.Users)
def search_everybody(sought: shapes.Sought) -> shapes.Users:
    """Find other active users of whatever domain, by a part of their name or address, at most 20."""
    found = recstore().directory.search_everybody(viewer(), sought.q)
    return shapes.Users(items=[shapes.user(user) for user in found])
