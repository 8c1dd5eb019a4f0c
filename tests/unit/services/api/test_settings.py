import pytest

from orders.api.settings import LOAD_BALANCER_IDLE_SECONDS, Limits, Settings
from orders.settings import SettingsError, read

REQUIRED = {"AWS_REGION": "us-west-2", "SNS_TOPIC_ARN": "arn:aws:sns:us-west-2:123456789012:orders"}


def test_only_region_and_topic_have_no_default() -> None:
    settings = read(Settings, REQUIRED)
    assert settings.port == 8080
    assert settings.payment_seconds == 3
    assert settings.publish_linger_seconds == 0.005
    assert settings.publish_calls_in_flight == 16
    assert settings.publish_queue_limit == 10_000
    assert settings.publish_timeout_seconds == 10
    assert settings.limits == Limits(sync_queue=100, sync_seconds=50, request_bytes=64 * 1024 * 1024, connections=2048)


@pytest.mark.parametrize("name", ["SYNC_TIMEOUT_SECONDS", "PUBLISH_TIMEOUT_SECONDS"])
def test_no_order_waits_as_long_as_the_load_balancer(name: str) -> None:
    assert getattr(read(Settings, REQUIRED | {name: "50"}), name.lower()) == LOAD_BALANCER_IDLE_SECONDS - 10
    for seconds in ("0", "51", "nan"):
        with pytest.raises(
            SettingsError, match=f"^{name} is '{seconds}', must be a number of seconds above 0, up to 50"
        ):
            read(Settings, REQUIRED | {name: seconds})


@pytest.mark.parametrize("name", REQUIRED)
def test_region_and_topic_are_required(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is missing, must be "):
        read(Settings, {other: value for other, value in REQUIRED.items() if other != name})


@pytest.mark.parametrize(
    "arn",
    [
        "orders",
        "arn:aws:sqs:us-west-2:123456789012:orders",
        "arn:aws:sns:us-west-2:1234:orders",
        "arn:aws:sns:us-west-2:123456789012:",
        "arn:aws:sns:us-west-2:123456789012:orders.fifo",
    ],
)
def test_only_the_arn_of_a_standard_topic_is_valid(arn: str) -> None:
    with pytest.raises(SettingsError, match=r"^SNS_TOPIC_ARN is '.*', must be a topic's ARN"):
        read(Settings, REQUIRED | {"SNS_TOPIC_ARN": arn})
