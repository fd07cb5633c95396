#!/bin/sh
# What the service backup of compose.yaml runs: each night at 3 o'clock (UTC) a backup, read back and restored into a scratch database. The
# newest 14 are kept.
while :; do
  now=$(date +%s)
  sleep $((($(date -d 'tomorrow 3:00' +%s) - now)))
  folder=$(node engines.js db:backup --gzip --keep 14 | head -n 1) && node engines.js db:verify "$folder" ||
    echo '{"level":50,"msg":"the backup of this night failed, or cannot be restored"}'
done
