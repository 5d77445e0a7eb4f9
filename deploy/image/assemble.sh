#!/usr/bin/env bash
# Lays out what the image has over its base: `assemble.sh BINARY RDS_AUTHORITIES LICENCES FOLDER`. Fails when the authorities are not.
set -euo pipefail
binary=$1 authorities=$2 licences=$3 folder=$4

# A page that says "not found" is no bundle of authorities, and a gateway without them does not believe its database.
expected=$(grep --count --fixed-strings -e '-----BEGIN CERTIFICATE-----' "$authorities" || true)
seen=$(openssl crl2pkcs7 -nocrl -certfile "$authorities" | openssl pkcs7 -print_certs -noout | grep --count '^subject')
if [ "$expected" -lt 1 ] || [ "$seen" != "$expected" ]; then
    echo "$authorities: $seen certificates can be read of $expected" >&2
    exit 1
fi

install -d --mode=0755 "$folder" "$folder/usr/local/bin" "$folder/etc/ssl/rds" "$folder/usr/share/doc/upload-gateway"
install --mode=0755 "$binary" "$folder/usr/local/bin/upload-gateway"
install --mode=0644 "$authorities" "$folder/etc/ssl/rds/global-bundle.pem"
install --mode=0644 "$licences"/LICENSE-* "$folder/usr/share/doc/upload-gateway/"
find "$folder" -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH:-0}" {} +
