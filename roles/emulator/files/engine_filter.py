"""Filter the Docker Engine's API for MiniStack: it may run the containers of its ECS tasks, and nothing else.

Whoever reaches the Engine's own socket is root on the host, and MiniStack passes on what a task definition asks for.
So the raw socket is mounted into the container of this program alone, and MiniStack gets the socket that is served
here.

There is an allowlist of calls and, for a new container, one of its fields; the rest is refused with 403. Only
containers with MiniStack's own label can be seen or touched, only images of its own registry can be pulled or run,
and only in the deployment's own network.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from aiohttp import ClientSession, ClientTimeout, UnixConnector, web
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    Handler = Callable[[web.Request, "re.Match[str]"], Awaitable[web.StreamResponse]]

INSTANCE_LABEL = "ministack.instance"

# What a task may choose of its container. Every other field has to be empty: unset, false, or without entries.
CONTAINER_FIELDS = {
    "AttachStderr", "AttachStdin", "AttachStdout", "Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck",
    "HostConfig", "Image", "Labels", "NetworkingConfig", "StopSignal", "StopTimeout", "Tty", "User", "WorkingDir",
}  # fmt: skip
HOST_FIELDS = {
    "CapDrop", "CpuPeriod", "CpuQuota", "CpuShares", "Init", "Memory", "MemoryReservation", "MemorySwap", "NanoCpus",
    "NetworkMode", "PidsLimit", "ReadonlyRootfs", "Tmpfs",
}  # fmt: skip

CONTAINER = r"/containers/(?P<container>[A-Za-z0-9][A-Za-z0-9_.-]*)"
IMAGE = r"(?P<image>[A-Za-z0-9][A-Za-z0-9_.:/@-]*)"

# Responses are passed on as they are, but for what belongs to one connection.
HOP_BY_HOP = {"connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
LARGEST_BODY = 1024 * 1024


class RefusedError(Exception):
    """The call is not among those that tasks need."""


class Policy(NamedTuple):
    """What belongs to this deployment."""

    instance: str
    """The value of the label by which MiniStack marks its containers: its host name and port."""
    owner: str
    """The name of MiniStack's own container, which it may inspect."""
    network: str
    """The Docker network of the deployment."""
    registry: str
    """What the names of MiniStack's images begin with, such as `localhost:4567/`."""
    password: str
    """The registry's password: MiniStack gives none to the Engine that pulls for it."""

    def check_image(self, reference: object) -> None:
        """Raise RefusedError for an image of another registry."""
        if not isinstance(reference, str) or not reference.startswith(self.registry):
            message = f"image {reference!r}: only images of {self.registry} may be used"
            raise RefusedError(message)

    def check_container(self, wanted: Mapping[str, Any]) -> None:
        """Raise RefusedError for a new container that asks for more than a task may have."""
        self.check_image(wanted.get("Image"))
        _refuse_fields("", wanted, CONTAINER_FIELDS)
        host = wanted.get("HostConfig") or {}
        _refuse_fields("HostConfig.", host, HOST_FIELDS)
        if host.get("NetworkMode") != self.network:
            message = f"HostConfig.NetworkMode {host.get('NetworkMode')!r}: only {self.network} may be used"
            raise RefusedError(message)
        endpoints = (wanted.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
        if set(endpoints) - {self.network} or any(endpoints.values()):
            message = "NetworkingConfig: only the deployment's network may be joined, without aliases or addresses"
            raise RefusedError(message)
        if (wanted.get("Labels") or {}).get(INSTANCE_LABEL) != self.instance:
            message = f"Labels: {INSTANCE_LABEL} has to be {self.instance}"
            raise RefusedError(message)

    def login(self) -> str:
        """Return the header X-Registry-Auth, with which the Engine logs in to the registry."""
        return base64.urlsafe_b64encode(json.dumps({"username": "AWS", "password": self.password}).encode()).decode()

    def filters(self, given: str) -> str:
        """Narrow a listing of containers, whose filters are JSON, down to those of this instance."""
        filters = json.loads(given or "{}")
        labels = filters.get("label", [])  # a list, or a table whose keys count
        filters["label"] = [*labels, f"{INSTANCE_LABEL}={self.instance}"]
        return json.dumps(filters)


def _refuse_fields(prefix: str, values: Mapping[str, Any], allowed: set[str]) -> None:
    for name, value in values.items():
        if value and name not in allowed:
            message = f"{prefix}{name} {value!r}: a task may not ask for it"
            raise RefusedError(message)


class Filter:
    """The server, between MiniStack and the Engine."""

    def __init__(self, policy: Policy, engine: ClientSession) -> None:
        """Serve by `policy`; `engine` is a session whose connector reaches the Engine."""
        self._policy = policy
        self._engine = engine
        self._calls: list[tuple[str, re.Pattern[str], Handler]] = [
            (methods, re.compile(rf"(?P<version>/v[0-9.]+)?{path}"), handler)
            for methods, path, handler in [
                ("GET HEAD", "/_ping", self._pass),
                ("GET", "/version", self._pass),
                ("GET", "/containers/json", self._list),
                ("POST", "/containers/create", self._create),
                ("GET", f"{CONTAINER}/json", self._inspect),
                ("GET", f"{CONTAINER}/logs", self._own),
                ("POST", f"{CONTAINER}/(?:start|stop|kill|wait)", self._own),
                ("DELETE", CONTAINER, self._own),
                ("POST", "/images/create", self._pull),
                ("GET", f"/images/{IMAGE}/json", self._image),
                ("POST", f"/images/{IMAGE}/tag", self._tag),
                ("GET", f"/distribution/{IMAGE}/json", self._image),
            ]
        ]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call: by the Engine where it is allowed, with 403 and the reason where it is not."""
        try:
            return await self._dispatch(request)
        except (RefusedError, ValueError) as error:
            print(f"refused: {error}", flush=True)  # noqa: T201  # the log of the container
            return web.json_response({"message": f"refused by the filter of the deployment: {error}"}, status=403)

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        # Decoded once, matched by patterns without `%`, and encoded again for the Engine: both see the same path.
        path = request.rel_url.path
        for methods, pattern, handler in self._calls:
            if request.method in methods.split() and ".." not in path and (found := pattern.fullmatch(path)):
                return await handler(request, found)
        message = f"{request.method} {path}: tasks do not need this call"
        raise RefusedError(message)

    async def _list(self, request: web.Request, _: re.Match[str]) -> web.StreamResponse:
        filters = self._policy.filters(request.query.get("filters", ""))
        return await self._pass(request, query={**request.query, "filters": filters})

    async def _create(self, request: web.Request, _: re.Match[str]) -> web.StreamResponse:
        wanted = json.loads(await request.read())
        self._policy.check_container(wanted)
        wanted["HostConfig"]["SecurityOpt"] = ["no-new-privileges"]
        return await self._pass(request, body=json.dumps(wanted).encode())

    async def _inspect(self, request: web.Request, found: re.Match[str]) -> web.StreamResponse:
        container = await self._container(found["container"])
        if container["Name"] != f"/{self._policy.owner}":
            self._check_own(container)
        return await self._pass(request, path=f"{found['version'] or ''}/containers/{container['Id']}/json")

    async def _own(self, request: web.Request, found: re.Match[str]) -> web.StreamResponse:
        container = await self._container(found["container"])
        self._check_own(container)
        # By its id, which nothing else can take over after the check.
        end = request.rel_url.path.partition(found["container"])[2]
        return await self._pass(request, path=f"{found['version'] or ''}/containers/{container['Id']}{end}")

    async def _pull(self, request: web.Request, _: re.Match[str]) -> web.StreamResponse:
        if set(request.query) - {"fromImage", "tag", "platform"}:
            message = f"POST /images/create: only fromImage, tag and platform, not {sorted(request.query)}"
            raise RefusedError(message)
        self._policy.check_image(request.query.get("fromImage"))
        return await self._pass(request)

    async def _image(self, request: web.Request, found: re.Match[str]) -> web.StreamResponse:
        self._policy.check_image(found["image"])
        return await self._pass(request)

    async def _tag(self, request: web.Request, found: re.Match[str]) -> web.StreamResponse:
        self._policy.check_image(found["image"])
        self._policy.check_image(request.query.get("repo"))
        return await self._pass(request)

    def _check_own(self, container: Mapping[str, Any]) -> None:
        if (container["Config"]["Labels"] or {}).get(INSTANCE_LABEL) != self._policy.instance:
            message = f"container {container['Name']}: not one of this deployment's tasks"
            raise RefusedError(message)

    async def _container(self, reference: str) -> dict[str, Any]:
        async with self._engine.get(f"http://engine/containers/{reference}/json") as answer:
            found: dict[str, Any] = await answer.json()
            if answer.status != web.HTTPOk.status_code:
                raise web.HTTPNotFound(text=json.dumps(found), content_type="application/json")
            return found

    async def _pass(
        self,
        request: web.Request,
        _: re.Match[str] | None = None,
        *,
        path: str | None = None,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> web.StreamResponse:
        """Pass a call on to the Engine, and its response back as it comes."""
        target = URL.build(scheme="http", host="engine", path=path or request.rel_url.path)
        headers = {"Content-Type": request.headers.get("Content-Type", "application/json")}
        if "/images/" in target.path or "/distribution/" in target.path:
            headers["X-Registry-Auth"] = self._policy.login()
        async with self._engine.request(
            request.method,
            target.with_query(request.query if query is None else query),
            data=await request.read() if body is None else body,
            headers=headers,
        ) as answer:
            response = web.StreamResponse(status=answer.status, reason=answer.reason)
            for name, value in answer.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    response.headers.add(name, value)
            await response.prepare(request)
            async for piece in answer.content.iter_any():
                await response.write(piece)
            await response.write_eof()
            return response


@asynccontextmanager
async def serving(policy: Policy, engine_socket: str, socket: str) -> AsyncIterator[None]:
    """Serve at the Unix socket `socket`, in place of the Engine at `engine_socket`, inside the context."""
    # Reading logs and waiting for the end of a container take as long as its task runs.
    async with ClientSession(
        connector=UnixConnector(path=engine_socket, limit=0), timeout=ClientTimeout(total=None), auto_decompress=False
    ) as engine:
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", Filter(policy, engine).handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.UnixSite(runner, socket).start()
            yield
        finally:
            await runner.cleanup()


async def run() -> None:
    """Serve until SIGTERM, with the settings in the environment, which Policy and SOCKET name."""
    policy = Policy(*(os.environ[name] for name in ("INSTANCE", "OWNER", "NETWORK", "REGISTRY", "REGISTRY_PASSWORD")))
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with serving(policy, "/var/run/docker.sock", os.environ["SOCKET"]):
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(run())
