from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from orders.settings import Port, Region, Seconds, SettingsError, read, read_or_exit


class Example(msgspec.Struct, frozen=True, kw_only=True):
    aws_region: Region
    port: Port = 8080
    payment_seconds: Seconds = 3
    topic: Annotated[str, Meta(pattern="^arn:", description="an ARN")] = "arn:x"


def test_missing_variables_have_defaults() -> None:
    assert read(Example, {"AWS_REGION": "us-west-2"}) == Example(aws_region="us-west-2")


def test_variables_are_converted_to_typed_values() -> None:
    settings = read(Example, {"AWS_REGION": "eu-central-1", "PORT": "80", "PAYMENT_SECONDS": "0.5", "HOME": "/"})
    assert settings == Example(aws_region="eu-central-1", port=80, payment_seconds=0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_REGION", ""),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("PORT", "http"),
        ("PORT", ""),
        ("PAYMENT_SECONDS", "-1"),
        ("PAYMENT_SECONDS", "nan"),
        ("PAYMENT_SECONDS", "inf"),
        ("TOPIC", "orders"),
    ],
)
def test_an_invalid_value_is_reported_with_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is '{value}', must be "):
        read(Example, {"AWS_REGION": "us-west-2"} | {name: value})


def test_all_problems_are_reported_in_one_line() -> None:
    with pytest.raises(SettingsError) as caught:
        read(Example, {"PORT": "x\ny", "TOPIC": "t"})
    assert str(caught.value) == (
        "AWS_REGION is missing, must be a region's name, like us-west-2; "
        "PORT is 'x\\ny', must be a whole number from 1 to 65535; TOPIC is 't', must be an ARN"
    )


def test_invalid_settings_exit_with_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        read_or_exit(Example, {})
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error == "invalid settings: AWS_REGION is missing, must be a region's name, like us-west-2\n"


def test_valid_settings_are_returned() -> None:
    assert read_or_exit(Example, {"AWS_REGION": "us-west-2"}).port == 8080
