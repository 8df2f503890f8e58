"""The demonstration city: made by running the engine, in an empty installation of this machine alone, and only once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from sqlalchemy import make_url

from engine import inbox, log
from engine.actors import Actor, unit_tree
from engine.clock import SteppedClock
from engine.command import main
from engine.errors import ConfigurationError, Invalid
from engine.settings import Settings
from engine.store import people
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.demo.city import make_demonstration
from handlers.demo.layers import standing
from handlers.demo.problems import read_problems
from handlers.demo.staff import posts
from handlers.store import demonstration, layers
from tests.conftest import MONDAY, SHANGHAI

# Fewer meet too few of the turns that a case can take together with the others.
CASES = 150


@dataclasses.dataclass(frozen=True)
class Made:
    """The demonstration as it was made."""

    database: Database
    settings: Settings
    said: list[tuple[int, int]]
    count: int

    def rows(self, statement: str) -> list[Any]:
        """What the database has to say."""
        with self.database.unit_of_work() as uow:
            return list(uow.conn.exec_driver_sql(statement))

    def command(self, *arguments: str, **environment: str) -> Result:
        """Run the command line on it."""
        given = {
            "GRIDCASE_DATABASE_URL": self.database.url,
            "GRIDCASE_HOME": str(self.settings.home),
            **environment,
        }
        return CliRunner().invoke(main, list(arguments), env=given)


@pytest.fixture(scope="module")
def made(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A small demonstration in a database of its own, without tables before."""
    server = Database(database_url)
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("DROP DATABASE IF EXISTS demonstration")
        conn.exec_driver_sql("CREATE DATABASE demonstration")
    clock = SteppedClock(MONDAY)
    own = make_url(database_url).set(database="demonstration").render_as_string(hide_password=False)
    database = Database(own, clock, time_zone=SHANGHAI)
    settings = Settings(tmp_path_factory.mktemp("home"), own, "127.0.0.1", 8000, SHANGHAI)
    said: list[tuple[int, int]] = []
    count = make_demonstration(
        database, clock, settings, CASES, lambda so_far, wanted: said.append((so_far, wanted))
    )
    yield Made(database, settings, said, count)
    database.close()
    server.close()


def actor(uow: UnitOfWork, login: str) -> Actor:
    """Somebody of the demonstration."""
    row = people.read_by_login(uow.conn, login)
    assert row is not None
    return Actor.of(row)


def test_there_are_about_as_many_cases_as_were_wanted(made: Made) -> None:
    ((stored,),) = made.rows('SELECT count(*) FROM "case"')

    assert stored == made.count
    assert CASES <= stored <= CASES * 1.5


def test_every_log_verifies(made: Made) -> None:
    with made.database.unit_of_work() as uow:
        assert list(log.verify(uow)) == []


def test_every_log_runs_forward_in_time(made: Made) -> None:
    backwards = made.rows(
        "SELECT one.case_id, one.seq FROM log_entry one JOIN log_entry next"
        " ON next.case_id = one.case_id AND next.seq = one.seq + 1 WHERE next.at < one.at"
    )

    assert backwards == []


def test_everything_happened_in_the_month_before_now(made: Made) -> None:
    ((first, last),) = made.rows("SELECT min(at), max(at) FROM log_entry")

    assert MONDAY - timedelta(days=30) <= first
    assert last <= MONDAY


def test_cases_are_in_several_stages(made: Made) -> None:
    stages = {stage for (stage,) in made.rows('SELECT stage FROM "case"')}

    assert {"closed", "handling"} <= stages
    assert len(stages) >= 5


def test_every_open_case_waits_for_somebody_who_is_there(made: Made) -> None:
    alone = made.rows(
        "SELECT c.number FROM \"case\" c WHERE c.status = 'open' AND NOT EXISTS"
        " (SELECT FROM work_item w JOIN role_grant g ON g.role = w.role AND g.unit_id = w.unit_id"
        " WHERE w.case_id = c.id AND w.state = 'open')"
    )

    assert alone == []


def test_every_case_lies_in_a_cell(made: Made) -> None:
    ((without,),) = made.rows('SELECT count(*) FROM "case" WHERE grid_code IS NULL')

    assert without == 0


def test_the_numbers_of_a_day_follow_the_time(made: Made) -> None:
    numbers = [
        tuple(row)
        for row in made.rows('SELECT platform_id, number FROM "case" ORDER BY platform_id, opened_at')
    ]

    assert numbers == sorted(numbers)


def test_its_people_are_marked_and_hold_every_role(made: Made) -> None:
    with made.database.unit_of_work() as uow:
        found = people.demonstration(uow.conn)
        roles = {role for row in found for role, _ in row["grants"]}

    ((everybody,),) = made.rows("SELECT count(*) FROM person")
    assert len(found) == everybody
    assert len(roles) == 10


def test_each_name_is_one_persons(made: Made) -> None:
    names = [name for (name,) in made.rows("SELECT name FROM person")]

    assert len(names) == len(set(names))


def test_the_first_person_that_one_tries_has_something_to_do(made: Made) -> None:
    logins = ("acceptor.xincheng", "acceptor.beilin", "acceptor.lianhu")

    with made.database.unit_of_work() as uow:
        open_items = [inbox.counts(uow, actor(uow, login))["all"] for login in logins]

    assert sum(open_items) > 0


def test_progress_is_told(made: Made) -> None:
    assert made.said[0] == (25, CASES)


def test_it_is_made_once(made: Made) -> None:
    with pytest.raises(Invalid, match="cases already"):
        make_demonstration(made.database, SteppedClock(MONDAY), made.settings, 5, lambda *_: None)


def test_the_command_refuses_a_second_time_with_the_reason(made: Made) -> None:
    done = made.command("demo")

    assert done.exit_code == 2
    assert "There are cases already" in done.output


def test_if_missing_does_nothing_where_it_is(made: Made) -> None:
    before = made.rows("SELECT count(*) FROM log_entry")

    done = made.command("demo", "--if-missing")

    assert (done.exit_code, done.output) == (0, "")
    assert made.rows("SELECT count(*) FROM log_entry") == before


def test_a_point_is_located_from_the_command_line(made: Made) -> None:
    done = made.command("layers", "locate", "108.9453", "34.2702")

    lines = done.output.splitlines()
    (cell,) = (line for line in lines if line.startswith("cell"))
    assert lines[0].split()[:3] == ["district", "610102", "新城区"]
    assert cell.endswith("(made)")


def test_unconverted_coordinates_are_located_by_their_system(made: Made) -> None:
    wgs, gcj = (
        made.command("layers", "locate", "109.0278", "34.2437", "--crs", crs).output.split()[1]
        for crs in ("wgs84", "gcj02")
    )

    assert (wgs, gcj) == ("610113", "610102")


@pytest.mark.parametrize(
    ("point", "said"),
    [(("0", "0"), "outside the city"), (("200", "34"), "lon"), (("-120", "34"), "outside the city")],
)
def test_a_point_elsewhere_is_refused(made: Made, point: tuple[str, str], said: str) -> None:
    done = made.command("layers", "locate", *point)

    assert done.exit_code == 2
    assert said in done.output


def test_the_catalogue_goes_out_and_in_by_the_command_line(made: Made, tmp_path: Path) -> None:
    out = made.command("catalogue", "export", str(tmp_path))
    back = made.command("catalogue", "import", str(tmp_path))

    assert (out.exit_code, back.exit_code) == (0, 0)
    assert back.output == "234 categories, 590 standards\n"


def test_a_dry_run_tells_what_a_workbook_would_change(made: Made, tmp_path: Path) -> None:
    made.command("catalogue", "export", str(tmp_path / "catalogue.xlsx"))
    book = load_workbook(tmp_path / "catalogue.xlsx")
    book["categories"]["C2"], book["categories"]["D2"] = 101, 1
    book["categories"]["G2"] = "自来水井盖"
    book.save(tmp_path / "catalogue.xlsx")

    told = made.command("catalogue", "import", "--dry-run", str(tmp_path / "catalogue.xlsx"))

    assert told.exit_code == 0
    assert "categories row 2, code: 101 was read as 0101" in told.output
    assert "changed: gb30428 component 0101 自来水井盖: name_zh '上水井盖' -> '自来水井盖'" in told.output
    assert made.rows("SELECT name_zh FROM category WHERE kind = 'component' AND code = '0101'") == [
        ("上水井盖",)
    ]


def test_an_installation_in_use_is_left_alone(database: Database, tmp_path: Path) -> None:
    with database.unit_of_work() as uow:
        people.save(uow.conn, {"login": "mayor", "name": "Mayor", "password_hash": "-"})
    settings = Settings(tmp_path, database.url, "127.0.0.1", 8000, SHANGHAI)

    with pytest.raises(Invalid, match="people already"):
        make_demonstration(database, SteppedClock(MONDAY), settings, 5, lambda *_: None)
    with database.unit_of_work() as uow:
        found = demonstration.contents(uow.conn)
        assert (found.people, found.demonstration, found.cases) == (True, False, False)


def test_where_others_can_reach_it_no_demonstration_is_made(database: Database, tmp_path: Path) -> None:
    settings = Settings(tmp_path, database.url, "0.0.0.0", 8000, SHANGHAI)

    with pytest.raises(ConfigurationError, match="GRIDCASE_HOST"):
        make_demonstration(database, SteppedClock(MONDAY), settings, 5, lambda *_: None)
    with database.unit_of_work() as uow:
        assert demonstration.contents(uow.conn) == demonstration.Contents(False, False, False, False)


def test_too_many_cases_are_refused(database: Database, tmp_path: Path) -> None:
    settings = Settings(tmp_path, database.url, "127.0.0.1", 8000, SHANGHAI)

    with pytest.raises(Invalid) as refused:
        make_demonstration(database, SteppedClock(MONDAY), settings, 20_001, lambda *_: None)

    assert list(refused.value.fields) == ["cases"]


def test_every_problem_has_its_condition_in_the_catalogue(made: Made) -> None:
    known = {tuple(row) for row in made.rows("SELECT kind, code, condition_no FROM standard")}

    missing = [one for one in read_problems() if (one.kind, one.category, one.condition_no) not in known]

    assert missing == []


def test_every_unit_that_could_be_responsible_in_the_centre_has_a_handler(made: Made) -> None:
    with made.database.unit_of_work() as uow:
        tree = unit_tree(uow)
        manned = {code for post in posts(tree) if post.role == "handler" for code in post.unit_codes}

    centre = {"xian", "xincheng", "beilin", "lianhu"}
    working = {
        unit.code
        for unit in tree.by_id.values()
        if unit.kind in {"department", "street", "crew"} and tree.platform(unit.id).code in centre
    }
    assert working == manned


def test_it_has_every_layer_and_each_row_says_that_it_is_made(made: Made) -> None:
    tables = ("road", "point_of_interest", "component", "responsibility_grid")

    counts = {table: made.rows(f"SELECT count(*), bool_and(made) FROM {table}")[0] for table in tables}

    assert all(count > 0 and all_made for count, all_made in counts.values())
    assert 20_000 <= counts["component"][0] <= 40_000


def test_its_zones_have_the_codes_of_their_units(made: Made) -> None:
    zones = {code for (code,) in made.rows("SELECT code FROM area WHERE kind = 'zone' AND made")}

    assert zones == {code for (code,) in made.rows("SELECT code FROM unit WHERE kind = 'zone'")}


def test_every_profession_covers_every_covered_community(made: Made) -> None:
    with made.database.unit_of_work() as uow:
        communities = [area.polygon.representative_point() for area in city.layers(uow).layers.communities]
        grids = list(layers.read_responsibility_grids(uow.conn, uow.now))

    for profession in {row["profession"] for row in grids}:
        outlines = shapely.from_wkb([row["outline"] for row in grids if row["profession"] == profession])
        assert shapely.union_all(outlines).buffer(1e-7).covers(shapely.MultiPoint(communities)), profession


def test_owner_and_keeper_of_a_component_are_units_where_the_city_has_them(made: Made) -> None:
    others = made.rows(
        "SELECT DISTINCT named FROM component, unnest(ARRAY[manager, owner, keeper]) named"
        " WHERE named NOT IN (SELECT code FROM unit)"
    )

    assert others == [("产权单位",)]


def test_a_component_is_kept_by_the_team_whose_grid_it_stands_in(made: Made) -> None:
    ((lamps, teams),) = made.rows(
        "SELECT count(*), count(*) FILTER (WHERE keeper ~ '-municipal-works-[12]$')"
        " FROM component WHERE category = '0137'"
    )

    assert (lamps, teams) == (lamps, lamps)
    assert lamps > 0


def test_a_case_about_a_component_lies_by_one_of_its_category(made: Made) -> None:
    with made.database.unit_of_work() as uow:
        places = standing(uow)
    about = made.rows(
        "SELECT r.category, c.lon, c.lat FROM \"case\" c JOIN (VALUES ('0137'), ('0402'), ('0101'), ('0305')) r(category)"
        " ON c.category = r.category WHERE c.kind = 'component'"
    )

    near = [
        shapely.MultiPoint(places[category]).distance(shapely.Point(lon, lat)) for category, lon, lat in about
    ]

    assert near
    assert sum(distance < 0.0001 for distance in near) >= 0.8 * len(near)


def test_a_case_about_a_component_names_it(made: Made) -> None:
    ((cases, named),) = made.rows(
        "SELECT count(*), count(*) FILTER (WHERE component_code LIKE '________________'"
        " AND substr(component_code, 7, 4) = category) FROM \"case\" WHERE kind = 'component'"
    )

    assert named > 0.8 * cases > 0


def test_cases_lie_with_the_teams_whose_grids_they_are_in(made: Made) -> None:
    ((teams,),) = made.rows(
        'SELECT count(DISTINCT unit.code) FROM "case" c JOIN unit ON unit.id = c.unit_id'
        " WHERE unit.code ~ '-(law-enforcement|sanitation|municipal-works|greenery)-[1-3]$'"
    )

    assert teams > 1


def test_its_camera_shows_a_made_street_and_says_so(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    from handlers.demo import camera
    from vision.made import camera as made_camera

    monkeypatch.setattr(made_camera, "SECONDS", 20.0)
    camera.set_up(made.database, made.settings)

    ((is_made, unit, zones),) = made.rows(
        "SELECT made, unit.code, (SELECT count(*) FROM camera_zone WHERE camera_id = camera.id)"
        " FROM camera JOIN unit ON unit.id = unit_id"
    )
    assert (is_made, unit, zones) == (True, "xincheng", 2)
    assert len(list((made.settings.camera_files / camera.FOLDER).glob("*.jpg"))) == 20
