"""What a watch may open: cameras in the networks that the installation names, and files in its own folder."""

from __future__ import annotations

from engine.settings import Settings
from vision.sources import Allowed

#: What cameras are asked by: HTTP(S) for single pictures and HLS, RTSP(S) for streams.
SCHEMES = "http https rtsp rtsps"
#: The usual ports of cameras and recorders.
PORTS = "80 322 443 554 8000 8080 8443 8554"


def allowed(settings: Settings) -> Allowed:
    """The networks, schemes, ports and the folder of cameras; with no networks given nothing but files is opened."""
    networks = " ".join(map(str, settings.camera_networks))
    return Allowed.of(networks=networks, schemes=SCHEMES, ports=PORTS, folder=settings.camera_files)
