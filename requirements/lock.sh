#!/usr/bin/env bash
# Resolves *.in into *.txt: exact versions, with the hashes of their files and without any address. Run by `make lock`.
set -euo pipefail
cd "$(dirname "$0")"

# Everything of one tree agrees with dev, which has it all; but for the emulators, which live in images of their own.
compile=(../.venv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-annotate --no-header)
"${compile[@]}" --universal --python-version 3.12 --output-file dev.txt dev.in
for name in uv api processor deploy loadtest; do
    "${compile[@]}" --universal --python-version 3.12 --constraints dev.txt --output-file "$name.txt" "$name.in"
done
"${compile[@]}" --python-version 3.13 --python-platform linux --output-file ministack.txt ministack.in
"${compile[@]}" --python-version 3.13 --python-platform linux --constraints dev.txt --output-file moto.txt moto.in
"${compile[@]}" --python-version 3.13 --python-platform linux --constraints dev.txt --output-file habits.txt habits.in
# urllib3 2.7.0 fixes CVE-2026-44431 and CVE-2026-44432.
"${compile[@]}" --python-version 3.13 --python-platform linux --exclude-newer 2026-03-05 \
    --exclude-newer-package urllib3=2026-06-01 --output-file localstack.txt localstack.in
