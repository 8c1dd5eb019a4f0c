from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, UnixConnector, web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from types import ModuleType

INSTANCE = "orders-ministack:4567"
LABELS = {"ministack.instance": INSTANCE}
TASK: dict[str, Any] = {
    "Image": "localhost:4567/orders-api@sha256:0123",
    "Env": ["PORT=8080"],
    "Labels": LABELS,
    "HostConfig": {"NetworkMode": "orders", "Memory": 536870912, "ReadonlyRootfs": True, "CapDrop": ["ALL"]},
    "NetworkingConfig": {"EndpointsConfig": {"orders": {}}},
    "Hostname": None,
    "NetworkDisabled": False,
}
CONTAINERS = {
    "task": {"Id": "1" * 64, "Name": "/ministack-ecs-1-api", "Config": {"Labels": LABELS}},
    "ministack": {"Id": "2" * 64, "Name": "/orders-ministack", "Config": {"Labels": {}}},
    "foreign": {"Id": "3" * 64, "Name": "/somebody", "Config": {"Labels": {"ministack.instance": "other:1"}}},
    "database": {"Id": "4" * 64, "Name": "/database", "Config": {"Labels": None}},
}


class Engine:
    """Records the calls that reach it, and answers all of them."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, str], Any]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        call = (request.method, request.path, dict(request.query), json.loads(body) if body else None)
        self.calls.append(call)
        for name, container in CONTAINERS.items():
            if request.path.endswith((f"/containers/{name}/json", f"/containers/{container['Id']}/json")):
                return web.json_response(container)
        if request.path.endswith("/missing/json"):
            return web.json_response({"message": "No such container"}, status=404)
        if request.path.endswith("/logs"):
            response = web.StreamResponse()
            await response.prepare(request)
            for line in (b"first\n", b"second\n"):
                await response.write(line)
                await asyncio.sleep(0)
            return response
        return web.json_response({"Id": "new"})


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
async def client(source: ModuleType, engine: Engine, tmp_path: Path) -> AsyncIterator[ClientSession]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", engine.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "engine.sock")).start()
    policy = source.Policy(INSTANCE, "orders-ministack", "orders", "localhost:4567/", "secret")
    async with (
        source.serving(policy, str(tmp_path / "engine.sock"), str(tmp_path / "filter.sock")),
        ClientSession("http://docker", connector=UnixConnector(str(tmp_path / "filter.sock"))) as session,
    ):
        yield session
    await runner.cleanup()


def with_host(**fields: object) -> dict[str, Any]:
    return TASK | {"HostConfig": TASK["HostConfig"] | fields}


async def test_the_container_of_a_task_is_created_without_new_privileges(client: ClientSession, engine: Engine) -> None:
    async with client.post("/v1.41/containers/create", params={"name": "ministack-ecs-1-api"}, json=TASK) as answer:
        assert await answer.json() == {"Id": "new"}
    created = with_host(SecurityOpt=["no-new-privileges"])
    assert engine.calls == [("POST", "/v1.41/containers/create", {"name": "ministack-ecs-1-api"}, created)]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        pytest.param(with_host(Privileged=True), "Privileged", id="privileged"),
        pytest.param(with_host(Binds=["/:/host"]), "Binds", id="bind of the root"),
        pytest.param(with_host(Mounts=[{"Type": "bind", "Source": "/", "Target": "/host"}]), "Mounts", id="mount"),
        pytest.param(with_host(VolumesFrom=["engine"]), "VolumesFrom", id="volumes of another container"),
        pytest.param(with_host(CapAdd=["SYS_ADMIN"]), "CapAdd", id="capability"),
        pytest.param(with_host(PidMode="host"), "PidMode", id="processes of the host"),
        pytest.param(with_host(IpcMode="host"), "IpcMode", id="memory of the host"),
        pytest.param(with_host(UTSMode="host"), "UTSMode", id="name of the host"),
        pytest.param(with_host(UsernsMode="host"), "UsernsMode", id="users of the host"),
        pytest.param(with_host(CgroupnsMode="host"), "CgroupnsMode", id="cgroups of the host"),
        pytest.param(with_host(CgroupParent="/"), "CgroupParent", id="cgroup"),
        pytest.param(with_host(NetworkMode="host"), "NetworkMode", id="network of the host"),
        pytest.param(with_host(NetworkMode="container:engine"), "NetworkMode", id="network of a container"),
        pytest.param(with_host(NetworkMode=None), "NetworkMode", id="default network"),
        pytest.param(with_host(Devices=[{"PathOnHost": "/dev/vda"}]), "Devices", id="device"),
        pytest.param(with_host(DeviceCgroupRules=["b *:* rwm"]), "DeviceCgroupRules", id="device rule"),
        pytest.param(with_host(DeviceRequests=[{"Count": -1}]), "DeviceRequests", id="GPU"),
        pytest.param(with_host(SecurityOpt=["seccomp=unconfined"]), "SecurityOpt", id="seccomp"),
        pytest.param(with_host(MaskedPaths=[""]), "MaskedPaths", id="masked paths"),
        pytest.param(with_host(Runtime="other"), "Runtime", id="runtime"),
        pytest.param(with_host(Sysctls={"kernel.core_pattern": "|/x"}), "Sysctls", id="kernel parameter"),
        pytest.param(with_host(PortBindings={"80/tcp": [{"HostPort": "80"}]}), "PortBindings", id="port of the host"),
        pytest.param(with_host(ExtraHosts=["sns:1.2.3.4"]), "ExtraHosts", id="name of a host"),
        pytest.param(with_host(LogConfig={"Type": "syslog"}), "LogConfig", id="log driver"),
        pytest.param(with_host(NoSuchField=1), "NoSuchField", id="field of a later Engine"),
        pytest.param(TASK | {"Volumes": {"/data": {}}}, "Volumes", id="volume"),
        pytest.param(TASK | {"Image": "debian"}, "debian", id="image of another registry"),
        pytest.param(TASK | {"Image": "localhost:45678/x"}, "localhost:45678/x", id="registry of a similar name"),
        pytest.param(TASK | {"Image": None}, "None", id="no image"),
        pytest.param(TASK | {"Labels": None}, "ministack.instance", id="no label"),
        pytest.param(TASK | {"Labels": {"ministack.instance": "other:1"}}, "ministack.instance", id="foreign label"),
        pytest.param(
            TASK | {"NetworkingConfig": {"EndpointsConfig": {"bridge": {}}}}, "NetworkingConfig", id="second network"
        ),
        pytest.param(
            TASK | {"NetworkingConfig": {"EndpointsConfig": {"orders": {"Aliases": ["orders-localstack"]}}}},
            "NetworkingConfig",
            id="name of an emulator",
        ),
    ],
)
async def test_a_container_that_asks_for_more_than_a_task_may_have_is_refused_by_name(
    client: ClientSession, engine: Engine, body: dict[str, Any], named: str
) -> None:
    async with client.post("/v1.41/containers/create", json=body) as answer:
        assert answer.status == 403
        assert named in (await answer.json())["message"]
    assert engine.calls == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1.41/containers/task/exec"),
        ("POST", "/v1.41/exec/1/start"),
        ("GET", "/v1.41/containers/task/archive?path=/"),
        ("PUT", "/v1.41/containers/task/archive?path=/"),
        ("POST", "/v1.41/containers/task/update"),
        ("POST", "/v1.41/containers/task/attach"),
        ("POST", "/v1.41/containers/task/../create"),
        ("POST", "/v1.41/containers/task%2F../create"),
        ("POST", "/v1.41/containers/task%252F..%252Fcreate"),
        ("POST", "/v1.41/containers/%64atabase/stop"),
        ("POST", "/v1.41/build"),
        ("POST", "/v1.41/commit"),
        ("POST", "/v1.41/images/load"),
        ("DELETE", "/v1.41/images/localhost:4567/orders-api"),
        ("POST", "/v1.41/images/create?fromSrc=-"),
        ("POST", "/v1.41/images/create?fromImage=debian&tag=13"),
        ("POST", "/v1.41/images/create?fromImage=localhost:4567/x&fromSrc=-"),
        ("POST", "/v1.41/images/localhost:4567/x/tag?repo=debian&tag=13"),
        ("POST", "/v1.41/images/debian/tag?repo=localhost:4567/x"),
        ("GET", "/v1.41/images/debian:13/json"),
        ("GET", "/v1.41/distribution/debian/json"),
        ("POST", "/v1.41/volumes/create"),
        ("POST", "/v1.41/networks/create"),
        ("POST", "/v1.41/networks/bridge/connect"),
        ("POST", "/v1.41/plugins/pull"),
        ("POST", "/v1.41/swarm/init"),
        ("GET", "/v1.41/info"),
        ("GET", "/v1.41/events"),
        ("GET", "/v1.41/containers/foreign/json"),
        ("GET", "/v1.41/containers/database/logs"),
        ("POST", "/v1.41/containers/database/stop"),
        ("DELETE", "/v1.41/containers/foreign"),
        ("POST", "/v1.41/containers/ministack/stop"),
    ],
)
async def test_any_other_call_is_refused(client: ClientSession, engine: Engine, method: str, path: str) -> None:
    from yarl import URL  # noqa: PLC0415  # an address that is sent as it stands here

    async with client.request(method, URL(f"http://docker{path}", encoded=True)) as answer:
        assert answer.status == 403
    # At most, the Engine was asked whose container it is.
    assert [call for call in engine.calls if not call[1].endswith("/json") or call[0] != "GET"] == []


async def test_a_container_of_a_task_is_handled_by_its_id(client: ClientSession, engine: Engine) -> None:
    own = CONTAINERS["task"]["Id"]
    for method, end in [("GET", "/json"), ("POST", "/start"), ("POST", "/stop"), ("POST", "/wait"), ("DELETE", "")]:
        async with client.request(method, f"/v1.41/containers/task{end}", params={"t": "5"}) as answer:
            assert answer.status == 200
        assert engine.calls[-1] == (method, f"/v1.41/containers/{own}{end}", {"t": "5"}, None)


async def test_ministack_may_inspect_its_own_container(client: ClientSession) -> None:
    async with client.get("/v1.41/containers/ministack/json") as answer:
        assert (await answer.json())["Name"] == "/orders-ministack"


async def test_a_container_that_does_not_exist_is_not_found(client: ClientSession) -> None:
    async with client.post("/v1.41/containers/missing/stop") as answer:
        assert answer.status == 404
        assert await answer.json() == {"message": "No such container"}


@pytest.mark.parametrize("given", ["", json.dumps({"label": ["ministack=ecs"]}), json.dumps({"label": {"a=b": True}})])
async def test_only_containers_of_the_instance_are_listed(client: ClientSession, engine: Engine, given: str) -> None:
    async with client.get("/v1.41/containers/json", params={"all": "1", "filters": given}) as answer:
        assert answer.status == 200
    assert f"ministack.instance={INSTANCE}" in json.loads(engine.calls[-1][2]["filters"])["label"]


async def test_logs_are_passed_on_as_they_come(client: ClientSession) -> None:
    async with client.get("/v1.41/containers/task/logs", params={"follow": "1"}) as answer:
        assert await answer.read() == b"first\nsecond\n"


async def test_images_of_the_registry_are_pulled_and_tagged(client: ClientSession, engine: Engine) -> None:
    image = "localhost:4567/orders-api"
    for method, path, query in [
        ("POST", "/images/create", {"fromImage": image, "tag": "1"}),
        ("GET", f"/images/{image}:1/json", {}),
        ("GET", f"/images/{image}@sha256:01/json", {}),
        ("GET", f"/distribution/{image}:1/json", {}),
        ("POST", f"/images/{image}@sha256:01/tag", {"repo": image, "tag": "1"}),
    ]:
        async with client.request(method, f"/v1.41{path}", params=query) as answer:
            assert answer.status == 200
        assert engine.calls[-1] == (method, f"/v1.41{path}", query, None)


async def test_a_body_that_is_no_json_is_refused(client: ClientSession, engine: Engine) -> None:
    async with client.post("/v1.41/containers/create", data=b"{") as answer:
        assert answer.status == 403
    assert engine.calls == []
