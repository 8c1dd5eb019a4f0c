"""Metrics and alarms."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from probes.behaviours.sources import CLOUDWATCH, CLOUDWATCH_API, SQS
from probes.errors import expect_refused, refusal
from probes.probe import NotShownError, expect, probe
from probes.queue import Queue
from probes.topic import topic_with_queue

if TYPE_CHECKING:
    from probes.lab import Lab

_ALARM = f"{CLOUDWATCH_API}API_PutMetricAlarm.html"
_ALARMS = f"{CLOUDWATCH}AlarmThatSendsEmail.html"
_MONITORING = "roles/monitoring/templates/alarms.yml.j2"
_NAMESPACE = "orders-probe"
_PERIOD = 60
_EVALUATION_SECONDS = 150
"""How long an alarm with one period of a minute may take: the period, and two evaluations."""


class _Alarm:
    """An alarm of the probe's own, on a metric of its own: it is due when the sum of a minute is above 10."""

    def __init__(self, lab: Lab, *, period: int = _PERIOD, **parameters: object) -> None:
        self._lab = lab
        self.client = lab.client("cloudwatch")
        self.name = self.metric = lab.name()
        self.client.put_metric_alarm(
            AlarmName=self.name,
            Namespace=_NAMESPACE,
            MetricName=self.metric,
            Statistic="Sum",
            Period=period,
            EvaluationPeriods=1,
            Threshold=10,
            ComparisonOperator="GreaterThanThreshold",
            **parameters,
        )
        lab.defer(self.client.delete_alarms, AlarmNames=[self.name])

    @property
    def state(self) -> str:
        alarms = self.client.describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        return str(alarms[0]["StateValue"]) if alarms else ""

    def put(self, value: float) -> None:
        """Put a value of now."""
        self.client.put_metric_data(
            Namespace=_NAMESPACE, MetricData=[{"MetricName": self.metric, "Value": value, "Unit": "Count"}]
        )


@probe(f"{CLOUDWATCH_API}API_GetMetricStatistics.html", f"{CLOUDWATCH}publishingMetrics.html", seconds=240)
def values_of_a_metric_are_added_up(lab: Lab) -> None:
    """GetMetricStatistics has sum, maximum and count of the values that were put within a period."""
    client = lab.client("cloudwatch")
    name, now = lab.name(), datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=2)
    data = [{"MetricName": name, "Value": value, "Timestamp": now + timedelta(seconds=10)} for value in (1.0, 2.0, 4.0)]
    client.put_metric_data(Namespace=_NAMESPACE, MetricData=data)

    def points() -> list[tuple[float, float, float]]:
        found = client.get_metric_statistics(
            Namespace=_NAMESPACE,
            MetricName=name,
            StartTime=now,
            EndTime=now + timedelta(minutes=1),
            Period=_PERIOD,
            Statistics=["Sum", "Maximum", "SampleCount"],
        )["Datapoints"]
        return [(each.get("Sum"), each.get("Maximum"), each.get("SampleCount")) for each in found]

    lab.settles(lambda: points() == [(7.0, 4.0, 3.0)], lab.environment.settle_seconds * 2)
    expect(points() == [(7.0, 4.0, 3.0)], f"sum, maximum and count: {points()}")


@probe(_ALARMS, _ALARM, used_by=_MONITORING, seconds=240)
def an_alarm_goes_off_by_its_metric(lab: Lab) -> None:
    """An alarm changes to ALARM when its metric is above the threshold for its periods."""
    alarm = _Alarm(lab)
    ends = time.monotonic() + _EVALUATION_SECONDS
    while alarm.state != "ALARM" and time.monotonic() < ends:
        alarm.put(100)
        lab.wait(5)
    expect(alarm.state == "ALARM", f"{alarm.state} after {_EVALUATION_SECONDS} s above the threshold")


@probe(f"{CLOUDWATCH}alarms-and-missing-data.html", used_by=_MONITORING, seconds=300)
def missing_data_can_be_breaching(lab: Lab) -> None:
    """An alarm that treats missing data as breaching goes off without any data."""
    alarm = _Alarm(lab, TreatMissingData="breaching")
    lab.until(lambda: alarm.state == "ALARM", _EVALUATION_SECONDS, every=2)
    expect(alarm.state == "ALARM", f"{alarm.state} after {_EVALUATION_SECONDS} s without data")


@probe(f"{CLOUDWATCH}alarms-and-missing-data.html", used_by=_MONITORING, seconds=300)
def without_data_the_state_is_insufficient(lab: Lab) -> None:
    """A new alarm has INSUFFICIENT_DATA, and keeps it while there is none."""
    alarm = _Alarm(lab)
    expect(alarm.state == "INSUFFICIENT_DATA", f"at first {alarm.state}")
    lab.wait(75)
    expect(alarm.state == "INSUFFICIENT_DATA", f"{alarm.state} after 75 s")


@probe(f"{CLOUDWATCH_API}API_SetAlarmState.html", used_by="roles/monitoring/tasks/topic.yml", seconds=120)
def a_change_of_state_is_published(lab: Lab) -> None:
    """When the state of an alarm changes, also by SetAlarmState, its action publishes to a topic."""
    topic, queue = topic_with_queue(lab)
    alarm = _Alarm(lab, AlarmActions=[topic.arn])
    lab.wait(lab.environment.settle_seconds)
    alarm.client.set_alarm_state(AlarmName=alarm.name, StateValue="ALARM", StateReason="probe")
    message = queue.receive_within(20 + lab.environment.settle_seconds)
    expect(message, "nothing was published")
    expect(message and alarm.name in message["Body"], f"published {message and message['Body']}")


@probe(f"{SQS}sqs-available-cloudwatch-metrics.html", used_by=_MONITORING, seconds=600)
def a_queue_has_metrics(lab: Lab) -> None:
    """A queue that is used has ApproximateNumberOfMessagesVisible each minute, within some minutes."""
    queue = Queue(lab)
    queue.send()
    client = lab.client("cloudwatch")

    def points() -> object:
        now = datetime.now(UTC)
        return client.get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName="ApproximateNumberOfMessagesVisible",
            Dimensions=[{"Name": "QueueName", "Value": queue.name}],
            StartTime=now - timedelta(minutes=15),
            EndTime=now + timedelta(minutes=5),
            Period=_PERIOD,
            Statistics=["Maximum"],
        )["Datapoints"]

    patience = 75 + 7 * lab.environment.settle_seconds
    if not lab.until(points, patience, every=5):
        # AWS can take 15 minutes to begin with the metrics of a queue.
        message = f"none within {patience:.0f} s"
        if lab.environment.settle_seconds > 10:
            raise NotShownError(message)
        expect(False, message)  # noqa: FBT003  # it differs


@probe(_ALARM, used_by="collections/ansible_collections/orders/deploy/plugins/modules/cloudwatch_alarms.py")
def an_alarm_is_replaced_by_its_name(lab: Lab) -> None:
    """PutMetricAlarm with the name of an existing alarm replaces it."""
    alarm = _Alarm(lab)
    alarm.client.put_metric_alarm(
        AlarmName=alarm.name,
        Namespace=_NAMESPACE,
        MetricName=alarm.metric,
        Statistic="Maximum",
        Period=_PERIOD,
        EvaluationPeriods=3,
        Threshold=5,
        ComparisonOperator="LessThanThreshold",
    )

    def seen() -> list[tuple[object, ...]]:
        found = alarm.client.describe_alarms(AlarmNames=[alarm.name])["MetricAlarms"]
        return [(each["Statistic"], each["EvaluationPeriods"], each["Threshold"]) for each in found]

    lab.settles(lambda: seen() == [("Maximum", 3, 5.0)])
    expect(seen() == [("Maximum", 3, 5.0)], f"described: {seen()}")


@probe(_ALARM)
def a_period_has_certain_lengths(lab: Lab) -> None:
    """A period that is neither 10, 20 or 30 seconds nor a multiple of 60 is refused with ValidationError."""
    expect_refused("ValidationError InvalidParameterValue", _Alarm, lab=lab, period=45)


@probe(
    f"{CLOUDWATCH_API}API_PutDashboard.html",
    used_by="collections/ansible_collections/orders/deploy/plugins/modules/cloudwatch_dashboard.py",
)
def a_dashboard_is_checked(lab: Lab) -> None:
    """A dashboard that is no JSON is refused with InvalidParameterInput; a valid one is returned as it was put."""
    client = lab.client("cloudwatch")
    name = lab.name()
    body = '{"widgets": []}'
    client.put_dashboard(DashboardName=name, DashboardBody=body)
    lab.defer(client.delete_dashboards, DashboardNames=[name])
    found = client.get_dashboard(DashboardName=name)["DashboardBody"]
    expect("".join(found.split()) == "".join(body.split()), f"returned {found}")
    code = refusal(client.put_dashboard, DashboardName=name, DashboardBody="{no dashboard")
    expect(
        code in ("InvalidParameterInput", "InvalidParameterInputException"),
        f"refused with {code}" if code else "accepted",
    )
