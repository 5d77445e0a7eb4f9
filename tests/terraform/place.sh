# Where Terraform is: `source` this for `find_terraform`, `copy_module` and `terraform_in`.
# shellcheck shell=bash

# Sets TERRAFORM_PLUGINS, to the folder of a machine that keeps its providers in one, or to nothing: then they are downloaded.
find_terraform() {
    command -v terraform >/dev/null || return 1
    TERRAFORM_PLUGINS=${TF_PLUGIN_DIR:-$(find / -maxdepth 3 -type d -name tf-plugins -print -quit 2>/dev/null || true)}
}

# copy_module FOLDER: the module, without what an earlier run left in it.
copy_module() {
    mkdir -p "$1"
    cp -R tf/. "$1/"
    rm -rf "$1/.terraform" "$1/.terraform.lock.hcl" "$1"/*.tfstate*
}

# terraform_in FOLDER ARGUMENTS…: a command there, after its providers were put in place. Nobody's own settings count.
terraform_in() {
    local -x TF_IN_AUTOMATION=true TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=true
    if [ ! -d "$1/.terraform" ]; then
        terraform -chdir="$1" init -backend=false -input=false -no-color \
            ${TERRAFORM_PLUGINS:+-plugin-dir="$TERRAFORM_PLUGINS"} >"$1/.init.log" || { cat "$1/.init.log" >&2; return 1; }
    fi
    terraform -chdir="$1" "${@:2}"
}
