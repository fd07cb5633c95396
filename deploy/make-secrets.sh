#!/bin/sh
# Makes the secrets that compose.yaml mounts, in deploy/secrets, which git ignores. It changes none that is there.
# Run it as root: the user of the image, 1000, owns what the API reads, and nobody else may read it.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
cd secrets
random() { openssl rand -hex 32; }
[ -e keyfile ] || openssl rand -base64 756 >keyfile
[ -e root-password ] || random >root-password
[ -e engines-password ] || random >engines-password
[ -e mongodb-uri ] || printf 'mongodb://engines:%s@db1,db2,db3/spaceshipDB?replicaSet=engines&authSource=admin\n' "$(cat engines-password)" >mongodb-uri
chown 1000:1000 mongodb-uri
