"""Call an operation of SNS or SQS, for a fraction of the CPU time that an aiobotocore client's method takes.

An aiobotocore client finds out once what differs between environments: endpoint, region, credentials, proxies,
certificate authorities, timeouts, and it has the pool of connections. All of that is used here. What its methods do
again in each call is left out: they look endpoint and proxy up, describe the client, emit events, validate, and
serialize and parse by the description of the service. botocore still computes the signature, and reads the responses
of failed calls.
"""

from hashlib import sha256
from types import SimpleNamespace
from typing import Any, cast

from aiohttp import ClientResponse
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest, prepare_request_dict
from botocore.compat import get_current_datetime
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from yarl import URL

from orders.aws import Client

_FIRST_ERROR_STATUS = 300


class Operation:
    """An operation of a client's service. It takes the body of a request, and returns the body of the response."""

    def __init__(self, client: Client, name: str) -> None:
        """Call the operation `name`, like "PublishBatch", while `client` is open."""
        # The client has these for itself. aiobotocore is pinned, and tests/fuzz compares each request with its own.
        http_session = client._endpoint.http_session  # noqa: SLF001
        self._signer = client._request_signer  # noqa: SLF001
        user_agent = client._user_agent_creator.to_string()  # noqa: SLF001
        self._exceptions = client.exceptions
        self._model = client.meta.service_model.operation_model(name)
        self._protocol = client.meta.service_model.resolved_protocol
        request = create_serializer(self._protocol, include_validation=False).serialize_to_request({}, self._model)
        prepare_request_dict(request, client.meta.endpoint_url, {}, user_agent)
        url: str = request["url"]
        headers: dict[str, str] = request["headers"]
        self._session = http_session._get_session  # noqa: SLF001
        self._proxy = http_session._proxy_config.proxy_url_for(url)  # noqa: SLF001
        self._proxy_headers = http_session._proxy_config.proxy_headers_for(url)  # noqa: SLF001
        self._url = URL(url, encoded=True)
        self._headers = headers | {"Accept-Encoding": "identity"}
        # What is signed: method, path, query, a line for each header, an empty one, their names, a digest of the body.
        auth = SigV4Auth(Credentials("", ""), self._signer.signing_name, self._signer.region_name)
        lines = auth.canonical_request(AWSRequest("POST", url, headers)).split("\n")
        self._target = lines[:3]
        self._signed_headers = dict(line.split(":", 1) for line in lines[3:-3])

    async def __call__(self, body: bytes) -> bytes:
        """Send a request with that body, and return the body of the response.

        Raises `ClientError` if the service responds with an error, as the client's own method would; an exception of
        aiohttp or a `TimeoutError` if it does not respond; `NoCredentialsError`.
        """
        headers = await self._sign(body)
        session = await self._session(self._proxy)
        async with session.request(
            "POST", self._url, headers=headers, data=body, proxy=self._proxy, proxy_headers=self._proxy_headers
        ) as response:
            content: bytes = await response.read()
        if response.status >= _FIRST_ERROR_STATUS:
            raise self._read_error(response, content)
        return content

    async def _sign(self, body: bytes) -> dict[str, str]:
        """Return the headers of a request with Signature Version 4."""
        auth = await self._signer.get_auth_instance(self._signer.signing_name, self._signer.region_name)
        if auth.credentials is None:
            raise NoCredentialsError
        timestamp = get_current_datetime().strftime(SIGV4_TIMESTAMP)
        headers = self._headers | {"X-Amz-Date": timestamp}
        signed_headers = self._signed_headers | {"x-amz-date": timestamp}
        if auth.credentials.token:
            headers["X-Amz-Security-Token"] = signed_headers["x-amz-security-token"] = auth.credentials.token
        names = sorted(signed_headers)
        signed_names = ";".join(names)
        lines = [f"{name}:{signed_headers[name]}" for name in names]
        canonical_request = "\n".join([*self._target, *lines, "", signed_names, sha256(body).hexdigest()])
        request = SimpleNamespace(context={"timestamp": timestamp})  # all that botocore needs of it
        signature = auth.signature(auth.string_to_sign(request, canonical_request), request)
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={signed_names}, Signature={signature}"
        )
        return headers

    def _read_error(self, response: ClientResponse, content: bytes) -> Exception:
        """Return the exception for an error response. Raises one of botocore if it cannot be read."""
        answer = {"status_code": response.status, "headers": response.headers, "body": content}
        parsed: dict[str, Any] = create_parser(self._protocol).parse(answer, self._model.output_shape)
        details = parsed.get("Error", {})
        # SQS names the older code as `Code`, which has no exception of its own.
        code = details.get("QueryErrorCode") or details.get("Code")
        return cast("Exception", self._exceptions.from_code(code)(parsed, self._model.name))
