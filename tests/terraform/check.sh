#!/usr/bin/env bash
# Is the Terraform module well formed, does it make what its tests say, and does it keep the rules of checkov (PyPI) but where it
# says why not? Needs no account. Where there is no Terraform, it says so and judges nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/terraform/place.sh

if ! find_terraform; then
    printf '\n!!! SKIPPED: there is no Terraform here, so NOTHING OF tf/ WAS CHECKED.\n\n'
    exit
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
module=$scratch/tf
copy_module "$module"
# The module's tests read the files beside this script.
mkdir "$scratch/tests"
cp -R tests/terraform "$scratch/tests/"

# passes ARGUMENTS…: tests of the module, of which only what did not pass is shown, and the count.
passes() {
    terraform_in "$module" test -no-color "$@" >"$scratch/test.log" 2>&1 && tail -n 1 "$scratch/test.log" && return
    grep -v '\.\.\. pass$' "$scratch/test.log" >&2
    return 1
}

# Once for each edition of requirements.txt.
install_checkov() {
    checkov=${CHECKOV_DIR:-$HOME/.cache/upload-gateway-terraform}
    mkdir -p "$checkov"
    cmp --silent tests/terraform/requirements.txt "$checkov/installed.txt" && return
    python3 -m venv --clear "$checkov/venv"
    "$checkov/venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement tests/terraform/requirements.txt
    cp tests/terraform/requirements.txt "$checkov/installed.txt"
}

# A file or a rule that checkov could not read or apply leaves a line in its log alone: here, that counts as broken too.
rules() {
    install_checkov
    local unreasoned
    if unreasoned=$(grep -rnE 'checkov:skip=[A-Z0-9_]+:?[[:space:]]*$' "$module"); then
        printf 'skipped without a reason:\n%s\n' "$unreasoned" >&2
        return 1
    fi
    "$checkov/venv/bin/checkov" --directory "$module" --skip-path tests --framework terraform --compact --skip-download \
        >"$scratch/rules.log" 2>&1 && ! grep --quiet -e 'Failed to run check' -e 'Parsing errors' -e 'Error parsing' "$scratch/rules.log" &&
        grep '^Passed checks' "$scratch/rules.log" && return
    grep -v -e PASSED -e SKIPPED "$scratch/rules.log" >&2
    return 1
}

terraform_in "$module" fmt -check -recursive
terraform_in "$module" validate -no-color
passes
touch "$module/triggers.zip"
passes -test-directory=examples -var-file=examples/complete.tfvars
rules
