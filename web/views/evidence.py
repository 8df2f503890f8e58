"""The evidence of a case: public copies for those who see the case, originals for those who decide about it, every look written down."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue

from engine.actors import Actor
from engine.cases import visible_case
from engine.errors import NotFound
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers.evidence import keeping, publishing, reading, sealing, stills, verifying
from handlers.store import evidence, sealed_stills
from web.access import for_people
from web.installation import installation
from web.rendering import page

blueprint = Blueprint("evidence", __name__)

#: A bundle that is larger is put together on the disk.
_IN_MEMORY = 8 * 1024 * 1024


@blueprint.get("/cases/<int:case_id>/evidence")
@for_people
def show(uow: UnitOfWork, actor: Actor, case_id: int) -> ResponseReturnValue:
    """The bundles of a case and the stills that were put to it, and for those who may open them, who did."""
    from vision.evidence.public import ready

    case = visible_case(uow, case_id, actor)
    opens = sealing.may_open(uow, actor, case)
    bundles = evidence.of_case(uow.conn, case_id)
    sealed = sealed_stills.of_case(uow.conn, case_id)
    views = {row["id"]: evidence.views(uow.conn, row["id"]) for row in bundles} if opens else {}
    seen = sealed_stills.views(uow.conn, case_id) if opens and sealed else []
    settings = installation().settings
    return page(
        uow,
        "evidence.html",
        case=case,
        bundles=bundles,
        stills=sealed,
        opens=opens,
        copies=ready(settings.home),
        read={row["id"] for row in bundles if opens and reading.told(keeping.folder_of(settings, row))},
        stamps=settings.tsa is not None,
        views=views,
        still_views=[(_numbers(sealed)[one["still_id"]], one) for one in seen],
    )


def _numbers(sealed: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """The number of each still on the page, from 1."""
    return {one["id"]: number for number, one in enumerate(sealed, 1)}


@blueprint.get("/evidence/<int:bundle_id>/public/<name>")
@for_people
def public(uow: UnitOfWork, actor: Actor, bundle_id: int, name: str) -> ResponseReturnValue:
    """The public copy of a frame, with faces and plates blurred."""
    row, _ = sealing.visible(uow, bundle_id, actor)
    if not sealing.file_of(row, name)["public"]:
        raise NotFound(Message("There is no public copy of this frame."))
    return _sent(publishing.public_folder(installation().settings, row) / name, "image/jpeg")


@blueprint.get("/evidence/<int:bundle_id>/files/<name>")
@for_people
def original(uow: UnitOfWork, actor: Actor, bundle_id: int, name: str) -> ResponseReturnValue:
    """A file of the bundle as it was signed: a frame, an annotated one, the clip."""
    row = sealing.unseal(uow, bundle_id, actor, name[:80])
    said = sealing.file_of(row, name)
    return _sent(keeping.folder_of(installation().settings, row) / said["name"], said["media_type"])


@blueprint.get("/evidence/stills/<int:still_id>")
@for_people
def still(uow: UnitOfWork, actor: Actor, still_id: int) -> ResponseReturnValue:
    """A still that was put to a case, as the camera sent it."""
    row = sealing.unseal_still(uow, still_id, actor)
    return _sent(stills.path_of(installation().settings, row), "image/jpeg")


@blueprint.get("/evidence/<int:bundle_id>/plates")
@for_people
def plates(uow: UnitOfWork, actor: Actor, bundle_id: int) -> ResponseReturnValue:
    """What networks read on the plates of what stands there: advice, sealed like the frames themselves."""
    row = sealing.unseal(uow, bundle_id, actor, "plates")
    case = visible_case(uow, row["case_id"], actor)
    told = reading.told(keeping.folder_of(installation().settings, row))
    return page(uow, "evidence_plates.html", case=case, row=row, told=told)


@blueprint.get("/evidence/<int:bundle_id>/bundle.zip")
@for_people
def whole(uow: UnitOfWork, actor: Actor, bundle_id: int) -> ResponseReturnValue:
    """All of a bundle, to be verified by anybody who has the public key."""
    row = sealing.unseal(uow, bundle_id, actor, "bundle.zip")
    folder = keeping.folder_of(installation().settings, row)
    name = f"evidence-{row['camera_code']}-{row['number']}"
    stream: Any = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the response closes it
    # Stored as they are: pictures and clips grow no smaller.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{name}/{path.name}")
    stream.seek(0)
    response = send_file(stream, mimetype="application/zip", as_attachment=True, download_name=f"{name}.zip")
    response.cache_control.no_store = True
    return response


@blueprint.get("/evidence/<int:bundle_id>/verify")
@for_people
def verified(uow: UnitOfWork, actor: Actor, bundle_id: int) -> ResponseReturnValue:
    """Whether every byte of a bundle is what was signed; nothing of it is shown."""
    row, case = sealing.visible(uow, bundle_id, actor)
    problems = verifying.problems_of(installation().settings, row)
    return page(uow, "evidence_verified.html", case=case, row=row, problems=problems)


def _sent(path: Path, media_type: str) -> ResponseReturnValue:
    if not path.is_file():
        raise NotFound(Message("This evidence has no such file."))
    response = send_file(path, mimetype=media_type, conditional=True, etag=False)
    # Every look is to reach this server, which writes it down.
    response.cache_control.no_store = True
    response.cache_control.private = True
    return response
