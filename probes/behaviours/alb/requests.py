"""What a load balancer makes of requests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from probes import stage
from probes.behaviours.sources import ELB, ELB_API
from probes.probe import LATE_SECONDS, NotShownError, expect, probe
from probes.target import TargetGroup, get, servers
from probes.task import START_SECONDS

if TYPE_CHECKING:
    from probes.lab import Lab
    from probes.target import Answer

_TROUBLES = f"{ELB}load-balancer-troubleshooting.html"
_ATTRIBUTES = f"{ELB}edit-load-balancer-attributes.html"
_LOAD_BALANCER = "roles/load_balancer/tasks/main.yml"
_SECONDS = 3 * START_SECONDS + 240


def _ready(lab: Lab, **settings: object) -> TargetGroup:
    """Return a target group with one target that answers."""
    group = TargetGroup(lab, lab.shared.once(servers)[0], **settings)
    if not lab.until(lambda: group.get().status == 200, 60, every=0.5):
        message = f"the target does not answer within 60 s, but {group.get().status}"
        raise NotShownError(message)
    return group


@probe(f"{ELB}x-forwarded-headers.html", seconds=_SECONDS)
def the_target_learns_of_the_client(lab: Lab) -> None:
    """The target gets X-Forwarded-For with the client's address at its end, X-Forwarded-Proto and X-Forwarded-Port."""
    headers = _ready(lab).get(headers={"X-Forwarded-For": "203.0.113.7"}).seen["headers"]
    forwarded = headers.get("x-forwarded-for", "")
    addresses = [each.strip() for each in forwarded.split(",")]
    expect(len(addresses) == 2 and addresses[0] == "203.0.113.7", f"X-Forwarded-For: {forwarded}")
    found = (headers.get("x-forwarded-proto"), headers.get("x-forwarded-port"))
    expect(found == ("http", "80"), f"X-Forwarded-Proto and X-Forwarded-Port: {found}")


@probe(f"{ELB}load-balancer-request-tracing.html", seconds=_SECONDS)
def requests_have_a_trace_id(lab: Lab) -> None:
    """The target gets X-Amzn-Trace-Id; one that the client sent keeps its root."""
    group = _ready(lab)
    own = group.get().seen["headers"].get("x-amzn-trace-id", "")
    expect(own.startswith("Root=1-"), f"X-Amzn-Trace-Id: {own!r}")
    root = "Root=1-67891233-abcdef012345678912345678"
    kept = group.get(headers={"X-Amzn-Trace-Id": root}).seen["headers"].get("x-amzn-trace-id", "")
    expect(root in kept, f"the client's {root} became {kept!r}")


@probe(_ATTRIBUTES, used_by=_LOAD_BALANCER, seconds=_SECONDS)
def invalid_headers_are_dropped(lab: Lab) -> None:
    """With drop_invalid_header_fields, a header with an invalid name is dropped.

    Valid are letters, digits and hyphens.
    """
    headers = _ready(lab).get(headers={"X_Invalid": "1", "X-Valid": "1"}).seen["headers"]
    expect("x-valid" in headers, "a valid header is missing")
    expect("x_invalid" not in headers, "X_Invalid reached the target")


@probe(_ATTRIBUTES, seconds=_SECONDS)
def path_and_query_arrive_as_they_are(lab: Lab) -> None:
    """The target gets the path and the query as the client sent them."""
    group = _ready(lab)
    path = group.get("echo?a=1&b=%20x").seen["path"]
    expect(path == f"{group.path}/echo?a=1&b=%20x", f"the path became {path}")


@probe(_ATTRIBUTES, _TROUBLES, used_by="services/src/orders/api/app.py", seconds=_SECONDS)
def an_idle_target_is_504(lab: Lab) -> None:
    """A target that says nothing for the idle timeout gives 504 to the client, at that time."""
    group = _ready(lab)
    began = time.monotonic()
    answer = group.get(f"echo?seconds={stage.IDLE_SECONDS + 8}")
    took = time.monotonic() - began
    expect(
        answer.status == 504,
        f"status {answer.status} after {took:.1f} s, with an idle timeout of {stage.IDLE_SECONDS} s",
    )
    expect(took < stage.IDLE_SECONDS + LATE_SECONDS, f"504 after {took:.1f} s")


@probe(_ATTRIBUTES, seconds=_SECONDS)
def a_slow_target_within_the_idle_timeout_is_awaited(lab: Lab) -> None:
    """A target that answers before the idle timeout ends is waited for."""
    answer = _ready(lab).get(f"echo?seconds={stage.IDLE_SECONDS - 2}")
    expect(answer.status == 200, f"status {answer.status}")


@probe(_TROUBLES, used_by="loadtest/src/loadtest/generate/orders.py", seconds=_SECONDS)
def a_broken_connection_is_502(lab: Lab) -> None:
    """A target that closes the connection without an answer gives 502."""
    answer = _ready(lab).get("close")
    expect(answer.status == 502, f"status {answer.status}")


@probe(_TROUBLES, used_by="loadtest/src/loadtest/generate/orders.py", seconds=_SECONDS)
def no_target_is_503(lab: Lab) -> None:
    """A target group without targets gives 503."""
    group = TargetGroup(lab)
    lab.settles(lambda: group.get().status == 503, 10)
    answer = group.get()
    expect(answer.status == 503, f"status {answer.status}")


def _ruled(lab: Lab, action: dict[str, object]) -> Answer:
    """Return the answer of a rule with an action of its own."""
    group = TargetGroup(lab)
    elb = lab.client("elbv2")
    elb.modify_rule(RuleArn=group.rule, Actions=[action])
    lab.settles(lambda: group.get().status not in (404, 503), 10)
    return group.get("path?query=1")


@probe(f"{ELB}rule-action-types.html", used_by="roles/load_balancer/templates/rules.yml.j2", seconds=_SECONDS)
def a_rule_can_redirect(lab: Lab) -> None:
    """A redirect action answers with its status and a Location in which host, path and query are filled in."""
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    answer = _ruled(lab, {"Type": "redirect", "RedirectConfig": redirect})
    location = answer.headers.get("location", "")
    expect(answer.status == 301, f"status {answer.status}")
    expect(location.startswith("https://") and location.endswith("/path?query=1"), f"Location: {location}")


@probe(f"{ELB}rule-action-types.html", used_by="roles/load_balancer/templates/rules.yml.j2", seconds=_SECONDS)
def a_rule_can_answer_itself(lab: Lab) -> None:
    """A fixed-response action answers with its status, content type and body."""
    response = {"StatusCode": "410", "ContentType": "text/plain", "MessageBody": "gone"}
    answer = _ruled(lab, {"Type": "fixed-response", "FixedResponseConfig": response})
    found = (answer.status, answer.headers.get("content-type", "").partition(";")[0], answer.body)
    expect(found == (410, "text/plain", "gone"), f"answered {found}")


@probe(f"{ELB}listener-rules.html", used_by=_LOAD_BALANCER, seconds=_SECONDS)
def what_no_rule_matches_gets_the_default(lab: Lab) -> None:
    """A request that matches no rule gets the default action of the listener."""
    answer = get(f"{stage.url_of(lab)}/no-rule-has-this-path")
    expect((answer.status, answer.body) == (404, "no rule"), f"answered {answer.status}: {answer.body[:80]}")


@probe(f"{ELB}listener-rules.html", f"{ELB_API}API_CreateRule.html", used_by=_LOAD_BALANCER, seconds=_SECONDS)
def rules_apply_by_priority(lab: Lab) -> None:
    """Of the rules that match, the one with the lowest priority number applies."""
    elb = lab.client("elbv2")
    balancer = lab.shared.once(stage.load_balancer)
    path = f"/{lab.name()}"
    for priority, text in ((40_002, "second"), (40_001, "first")):
        response = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": text}
        created = elb.create_rule(
            ListenerArn=balancer.listener,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}],
            Actions=[{"Type": "fixed-response", "FixedResponseConfig": response}],
        )
        lab.defer(elb.delete_rule, RuleArn=created["Rules"][0]["RuleArn"])
    url = f"{stage.url_of(lab)}{path}"
    lab.settles(lambda: get(url).body == "first", 10)
    answer = get(url)
    expect(answer.body == "first", f"answered {answer.status}: {answer.body[:80]}")
