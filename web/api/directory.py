"""Colleagues that the viewer may see."""

from apiflask import APIBlueprint

from web import guard
from web.api import shapes
from web.current import recstore, viewer

directory = APIBlueprint("api_directory", __name__, tag="Directory")


@directory.get("/directory")
@guard.signed_in
@directory.input(shapes.Sought, location="query", arg_name="sought")
@directory.output(shapes.Users)
def search_directory(sought: shapes.Sought) -> shapes.Users:
    """Find colleagues by a part of their name or address, at most 20."""
    found = recstore().directory.search(viewer(), sought.q)
    return shapes.Users(items=[shapes.user(user) for user in found])
