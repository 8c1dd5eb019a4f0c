"""The image registry."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from probes.behaviours.sources import ECR, ECR_API
from probes.errors import expect_refused, refusal
from probes.probe import expect, probe

if TYPE_CHECKING:
    from typing import Any

    from probes.lab import Lab

_REGISTRY = "roles/registry/tasks/main.yml"
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class _Repository:
    """A repository of the probe's own."""

    def __init__(self, lab: Lab, **parameters: object) -> None:
        self.client = lab.client("ecr")
        self.name = lab.name()
        created = self.client.create_repository(repositoryName=self.name, **parameters)["repository"]
        self.uri: str = created["repositoryUri"]
        lab.defer(self.client.delete_repository, repositoryName=self.name, force=True)

    def _upload(self, content: bytes) -> str:
        """Upload a layer, and return its digest."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        upload = self.client.initiate_layer_upload(repositoryName=self.name)["uploadId"]
        self.client.upload_layer_part(
            repositoryName=self.name,
            uploadId=upload,
            partFirstByte=0,
            partLastByte=len(content) - 1,
            layerPartBlob=content,
        )
        self.client.complete_layer_upload(repositoryName=self.name, uploadId=upload, layerDigests=[digest])
        return digest

    def manifest(self, label: str) -> str:
        """Upload what an image without files consists of, and return its manifest."""
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": {"label": label}}}).encode()
        layer = label.encode()
        return json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": {
                    "mediaType": "application/vnd.docker.container.image.v1+json",
                    "size": len(config),
                    "digest": self._upload(config),
                },
                "layers": [
                    {
                        "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                        "size": len(layer),
                        "digest": self._upload(layer),
                    }
                ],
            }
        )

    def put(self, label: str, tag: str) -> dict[str, Any]:
        """Put an image with a tag, and return what the registry says of it."""
        answer = self.client.put_image(
            repositoryName=self.name, imageManifest=self.manifest(label), imageManifestMediaType=_MANIFEST, imageTag=tag
        )
        image: dict[str, Any] = answer["image"]
        return image


@probe(f"{ECR}image-tag-mutability.html", used_by=_REGISTRY)
def an_immutable_tag_stays_with_its_image(lab: Lab) -> None:
    """With immutable tags, another image with the same tag is refused with ImageTagAlreadyExistsException."""
    repository = _Repository(lab, imageTagMutability="IMMUTABLE")
    repository.put("one", "tag")
    expect_refused("ImageTagAlreadyExistsException", repository.put, label="two", tag="tag")


@probe(f"{ECR}image-tag-mutability.html")
def a_mutable_tag_moves(lab: Lab) -> None:
    """In a repository with mutable tags, a tag moves to the image that was put last; the other keeps its digest."""
    repository = _Repository(lab)
    first = repository.put("one", "tag")["imageId"]["imageDigest"]
    second = repository.put("two", "tag")["imageId"]["imageDigest"]
    images = repository.client.describe_images(repositoryName=repository.name)["imageDetails"]
    tags = {image["imageDigest"]: image.get("imageTags", []) for image in images}
    expect(tags == {first: [], second: ["tag"]}, f"tags by digest: {tags}, the images are {first} and {second}")


@probe(f"{ECR_API}API_BatchGetImage.html", used_by="roles/rollback/tasks/main.yml")
def an_image_is_found_by_its_digest(lab: Lab) -> None:
    """The digest of an image is that of its manifest, and BatchGetImage by this digest returns the manifest."""
    repository = _Repository(lab)
    image = repository.put("one", "tag")
    manifest = image.get("imageManifest", "")
    digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    expect(
        image["imageId"]["imageDigest"] == digest,
        f"the digest is {image['imageId']['imageDigest']}, of the manifest {digest}",
    )
    found = repository.client.batch_get_image(repositoryName=repository.name, imageIds=[{"imageDigest": digest}])
    manifests = [each.get("imageManifest") for each in found["images"]]
    expect(manifests == [manifest], f"returned {manifests}; failures: {found.get('failures')}")


@probe(
    f"{ECR_API}API_DescribeImages.html",
    used_by="collections/ansible_collections/orders/deploy/plugins/modules/ecr_image_info.py",
)
def an_unknown_tag_is_an_error(lab: Lab) -> None:
    """DescribeImages for a tag that does not exist is refused with ImageNotFoundException."""
    repository = _Repository(lab)
    expect_refused(
        "ImageNotFoundException",
        repository.client.describe_images,
        repositoryName=repository.name,
        imageIds=[{"imageTag": "none"}],
    )


@probe(f"{ECR_API}API_CreateRepository.html", used_by=_REGISTRY)
def a_repository_exists_once(lab: Lab) -> None:
    """Creating a repository that exists is refused with RepositoryAlreadyExistsException."""
    repository = _Repository(lab)
    expect_refused(
        "RepositoryAlreadyExistsException", repository.client.create_repository, repositoryName=repository.name
    )


@probe(f"{ECR_API}API_DeleteRepository.html", used_by="roles/registry/tasks/absent.yml")
def a_repository_with_images_needs_force(lab: Lab) -> None:
    """Deleting a repository with images, without force, is refused with RepositoryNotEmptyException."""
    repository = _Repository(lab)
    repository.put("one", "tag")
    expect_refused("RepositoryNotEmptyException", repository.client.delete_repository, repositoryName=repository.name)


@probe(f"{ECR}lp_creation.html", f"{ECR_API}API_PutLifecyclePolicy.html", used_by=_REGISTRY)
def a_malformed_lifecycle_policy_is_refused(lab: Lab) -> None:
    """A lifecycle policy whose rule lacks its selection is refused with InvalidParameterException."""
    repository = _Repository(lab)
    expect_refused(
        "InvalidParameterException",
        repository.client.put_lifecycle_policy,
        repositoryName=repository.name,
        lifecyclePolicyText=json.dumps(
            {"rules": [{"rulePriority": 1, "description": "d" * 60, "action": {"type": "expire"}}]}
        ),
    )


@probe(f"{ECR}lpp_creation.html", used_by=_REGISTRY, seconds=120)
def a_preview_shows_what_would_expire(lab: Lab) -> None:
    """The preview of a lifecycle policy that keeps one image lists the older ones."""
    repository = _Repository(lab)
    older = repository.put("one", "older")["imageId"]["imageDigest"]
    lab.wait(1.5)
    repository.put("two", "newer")
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}
    rules = [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]
    repository.client.start_lifecycle_policy_preview(
        repositoryName=repository.name, lifecyclePolicyText=json.dumps({"rules": rules})
    )

    def preview() -> dict[str, Any]:
        answer: dict[str, Any] = repository.client.get_lifecycle_policy_preview(repositoryName=repository.name)
        return answer

    lab.until(lambda: preview().get("status") == "COMPLETE", 60)
    expired = [image["imageDigest"] for image in preview().get("previewResults", [])]
    expect(expired == [older], f"status {preview().get('status')}, would expire: {expired}, not {older}")


def _status(lab: Lab, repository: _Repository, authorization: str) -> int:
    """Ask the registry for the tags of a repository over HTTP, as Docker does, and return the status."""
    address = lab.environment.address_of(repository.uri.partition("/")[0])
    scheme = "http" if lab.environment.registry else "https"
    request = urllib.request.Request(f"{scheme}://{address}/v2/{repository.name}/tags/list")  # noqa: S310  # the same
    if authorization:
        request.add_header("Authorization", f"Basic {authorization}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # the same
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@probe(f"{ECR}registry_auth.html", used_by="roles/emulator/files/correct_ministack.py")
def the_registry_asks_for_its_token(lab: Lab) -> None:
    """The registry answers to the authorization token; without it, or with another password, it answers 401."""
    repository = _Repository(lab)
    repository.put("one", "tag")
    token = lab.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    expect(base64.b64decode(token).startswith(b"AWS:"), "the token is not that of the user AWS")
    status = _status(lab, repository, token)
    expect(status == 200, f"with the token: {status}")
    wrong = base64.b64encode(b"AWS:wrong").decode()
    for what, authorization in (("without a token", ""), ("with a wrong password", wrong)):
        status = _status(lab, repository, authorization)
        expect(status == 401, f"{what}: {status}")


@probe(f"{ECR}registry_auth.html", used_by="roles/emulator/files/correct_ministack.py")
def the_token_differs_by_account(lab: Lab) -> None:
    """The authorization token is a secret of twelve hours, not a word that everybody can know."""
    data = lab.client("ecr").get_authorization_token()["authorizationData"][0]
    password = base64.b64decode(data["authorizationToken"]).partition(b":")[2].decode()
    expect("token" not in password and len(password) >= 32, f"the password is {password[:32]!r}")
    expect("expiresAt" in data, "without expiresAt")


@probe(f"{ECR_API}API_DescribeRepositories.html", used_by=_REGISTRY)
def an_unknown_repository_is_an_error(lab: Lab) -> None:
    """DescribeRepositories for an unknown name is refused with RepositoryNotFoundException."""
    code = refusal(lab.client("ecr").describe_repositories, repositoryNames=[lab.name()])
    expect(code == "RepositoryNotFoundException", f"refused with {code}" if code else "accepted")
