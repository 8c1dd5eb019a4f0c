"""Call an operation of SNS or SQS, for a fraction of the CPU time that an aiobotocore client's method takes.

An aiobotocore client finds out once what differs between environments: endpoint, region, credentials, proxies,
certificate authorities, timeouts, and it has the pool of connections. All of that is used here. What its methods do
again in each call is left out: they look the endpoint up, describe the client, emit events, validate, and serialize
and parse by the description of the service. botocore still computes the signature, and reads the responses of failed
calls.
"""

from hashlib import sha256
from typing import Any, cast

from aiobotocore.awsrequest import AioAWSResponse  # type: ignore[import-untyped]  # aiobotocore publishes no types
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, HTTPHeaders, prepare_request_dict
from botocore.compat import get_current_datetime
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from orders.aws import Client

_FIRST_ERROR_STATUS = 300


class Operation:
    """An operation of a client's service. It takes the body of a request, and returns the body of the response."""

    def __init__(self, client: Client, name: str) -> None:
        """Call the operation `name`, like "PublishBatch", while `client` is open."""
        # The client has these for itself. aiobotocore is pinned, and tests/fuzz compares each request with its own.
        self._http_session = client._endpoint.http_session  # noqa: SLF001
        self._signer = client._request_signer  # noqa: SLF001
        user_agent = client._user_agent_creator.to_string()  # noqa: SLF001
        self._exceptions = client.exceptions
        self._model = client.meta.service_model.operation_model(name)
        self._protocol = client.meta.service_model.resolved_protocol
        request = create_serializer(self._protocol, include_validation=False).serialize_to_request({}, self._model)
        prepare_request_dict(request, client.meta.endpoint_url, {}, user_agent)
        self._url: str = request["url"]
        self._headers: dict[str, str] = request["headers"]
        # What is signed: method, path, query, a line for each header, an empty one, their names, a digest of the body.
        auth = SigV4Auth(Credentials("", ""), self._signer.signing_name, self._signer.region_name)
        lines = auth.canonical_request(AWSRequest("POST", self._url, self._headers)).split("\n")
        self._target = lines[:3]
        self._signed_headers = dict(line.split(":", 1) for line in lines[3:-3])

    async def __call__(self, body: bytes) -> bytes:
        """Send a request with that body, and return the body of the response.

        Raises what the client's own method would raise: `ClientError` if the service responds with an error, and other
        exceptions of botocore if there are no credentials or no response.
        """
        response = await self._http_session.send(await self._sign(body))
        content: bytes = await response.content
        if response.status_code >= _FIRST_ERROR_STATUS:
            raise self._read_error(response, content)
        return content

    async def _sign(self, body: bytes) -> AWSPreparedRequest:
        """Return a request with Signature Version 4."""
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
        request = AWSPreparedRequest(
            "POST", self._url, cast("HTTPHeaders", headers), body, stream_output=False, context={"timestamp": timestamp}
        )
        signature = auth.signature(auth.string_to_sign(request, canonical_request), request)
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={signed_names}, Signature={signature}"
        )
        return request

    def _read_error(self, response: AioAWSResponse, content: bytes) -> Exception:
        """Return the exception for an error response. Raises one of botocore if it cannot be read."""
        answer = {"status_code": response.status_code, "headers": response.headers, "body": content}
        parsed: dict[str, Any] = create_parser(self._protocol).parse(answer, self._model.output_shape)
        details = parsed.get("Error", {})
        # SQS names the older code as `Code`, which has no exception of its own.
        code = details.get("QueryErrorCode") or details.get("Code")
        return cast("Exception", self._exceptions.from_code(code)(parsed, self._model.name))
