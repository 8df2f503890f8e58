"""Serves video files by GStreamer's RTSP server; started by tests with the system's Python, which has GStreamer's bindings.

Arguments: the folder; then ``name=codec`` for each file of it, and ``user:password`` for all of them where one is given.
It prints the port on which it listens.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

_PARSERS = {"h264": "h264parse ! rtph264pay", "hevc": "h265parse ! rtph265pay"}


def main() -> None:
    folder, *arguments = sys.argv[1:]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    login = next((argument for argument in arguments if ":" in argument), "")
    if login:
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        user, _, password = login.partition(":")
        auth.add_digest(user, password, token)
        server.set_auth(auth)
    for name, _, codec in (argument.partition("=") for argument in arguments if "=" in argument):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(
            f"( filesrc location={folder}/{name} ! qtdemux ! {_PARSERS[codec]} name=pay0 pt=96 )"
        )
        if login:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("viewer", "media.factory.access", True)
            permissions.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(f"/{name}", factory)
    server.attach(None)
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


main()
