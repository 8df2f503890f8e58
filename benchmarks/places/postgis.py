"""The same question asked of PostGIS, where a PostgreSQL with it is installed: which cell holds a point.

The server is one of its own in a temporary folder. As root it runs as the user ``postgres``, for PostgreSQL refuses to be root's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import shapely

from benchmarks.places.town import Town
from gis.index.areas import AreaIndex
from gis.index.locator import Locator

_SINGLE = 1_000
_PLACES = (Path("/usr/lib/postgresql"), Path("/usr/share/postgresql"))
_CELL = """
    SELECT code FROM cell WHERE ST_Intersects(outline, ST_SetSRID(ST_MakePoint(%s, %s), 4326)) ORDER BY code LIMIT 1
"""


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL of this machine that has PostGIS; None where there is none."""
    programs, shared = _PLACES
    versions = [one.parts[-3] for one in shared.glob("*/extension/postgis.control")]
    found = [
        programs / version / "bin" for version in versions if (programs / version / "bin/postgres").exists()
    ]
    return max(found, key=lambda folder: float(folder.parts[-2]), default=None)


def figures(made: Town, programs: Path) -> dict[str, float]:
    """How many times as much processor time PostGIS takes as the index to say which cell holds a point."""
    locator = Locator(AreaIndex(made.layers))
    lons, lats = (values.tolist() for values in made.points(_SINGLE, 11))
    before = time.process_time()
    own = [place and place.cell and place.cell.code for place in map(locator.locate, lons, lats)]
    index = time.process_time() - before
    with (
        _server(programs) as folder,
        psycopg.connect(host=str(folder), user="postgres", dbname="postgres") as conn,
    ):
        _fill(conn, made)
        pid = conn.info.backend_pid
        found, client, backend = [], time.process_time(), _seconds(pid)
        for lon, lat in zip(lons, lats, strict=True):
            row = conn.execute(_CELL, (lon, lat), prepare=True).fetchone()
            found.append(row[0] if row else None)
        spent = time.process_time() - client + _seconds(pid) - backend
    if found != own:
        raise RuntimeError("PostGIS finds other cells than the index")
    return {"postgis_us": spent / _SINGLE * 1e6, "ratio_to_postgis": spent / index}


def _fill(conn: psycopg.Connection, made: Town) -> None:
    conn.execute("CREATE EXTENSION postgis")
    conn.execute("CREATE TABLE cell (code text, outline geometry(Polygon, 4326))")
    cells = made.layers.cells
    with conn.cursor() as cursor, cursor.copy("COPY cell FROM STDIN") as copy:
        for cell in cells:
            copy.write_row(
                (cell.code, shapely.to_wkb(shapely.set_srid(cell.polygon, 4326), hex=True, include_srid=True))
            )
    conn.execute("CREATE INDEX ON cell USING gist (outline)")
    conn.execute("ANALYZE cell")


@contextmanager
def _server(programs: Path) -> Iterator[Path]:
    """The folder of the socket of a server that is gone with its data in the end."""
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="gridcase-postgis-") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        data = folder / "data"

        def run(*command: str) -> None:
            subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

        run(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        log = str(folder / "log")
        run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", log, "-o", options, "start")
        try:
            yield folder
        finally:
            run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


def _seconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
