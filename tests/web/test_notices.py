"""What a case tells its reporter stands on the page with which they follow it; what it sends and receives, in its log."""

from __future__ import annotations

from engine import senders
from engine.actors import SYSTEM
from engine.deployment import deploy
from engine.senders import Incoming
from handlers.messages import receive
from tests.bpmn.diagrams import flows, process, service
from tests.engine.correspondence import MESSAGES, STORM, element, message, step
from tests.engine.workers import run_all
from tests.web.conftest import Town

TOLD = process(
    '<startEvent id="s"/>'
    + service("key", "cases.key", result="key").replace('id="key"', 'id="key" name="key"')
    + service("tell", "notify", "to='reporter';text='已派遣 [b]';text_en='On its way [b]'")
    .replace("[b]", "&lt;b&gt;").replace('id="tell"', 'id="tell" name="tell"')
    + element("intermediateThrowEvent", "warn", STORM)
    + element("intermediateCatchEvent", "answer", message("m_done"), correlation="key")
    + step("read") + '<endEvent id="e"/>' + flows("s key tell warn answer read e"),
    before=MESSAGES,
    name="case",
)  # fmt: skip

REPORT = {"category": "event:0101", "description": "垃圾", "lon": "108.9005", "lat": "34.2005"}


def followed(town: Town) -> str:
    """The address at which the reporter of a case follows it, once its notice was sent."""
    with town.database.unit_of_work() as uow:
        deploy(uow, {"case.bpmn": TOLD}, SYSTEM)
    link = town.browser().post("/report", data=REPORT).location
    run_all(town.database)
    return str(link).partition("?")[0]


def test_the_reporter_reads_the_notice_in_their_language(town: Town) -> None:
    link = followed(town)

    assert "已派遣 &lt;b&gt;" in town.browser().get(link).text
    english = town.browser(language="en").get(link).text
    assert "On its way &lt;b&gt;" in english
    assert "已派遣" not in english


def test_the_log_says_what_was_sent_and_received(town: Town) -> None:
    followed(town)
    with town.database.unit_of_work() as uow:
        case_id, number, platform = uow.conn.exec_driver_sql(
            'SELECT c.id, c.number, u.code FROM "case" c JOIN unit u ON u.id = c.platform_id'
        ).one()
        senders.save(uow, "hospital", platform, ["x.done"])
        sender = {"name": "hospital", "messages": ["x.done"], "platform_id": _platform(town, platform)}
        assert receive(uow, sender, "m1", Incoming("x.done", f"{platform}-{number}", {"a": 1}))
    run_all(town.database)

    log = town.browser("supervisor").get(f"/cases/{case_id}").text

    assert "发出信号：storm" in log
    assert "收到消息：x.done" in log
    assert "hospital" in log


def _platform(town: Town, code: str) -> int:
    with town.database.unit_of_work() as uow:
        return int(uow.conn.exec_driver_sql("SELECT id FROM unit WHERE code = %s", (code,)).scalar_one())
