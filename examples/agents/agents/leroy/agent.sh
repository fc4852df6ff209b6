#!/bin/sh
# Leroy, execution: submits what was approved and tells EM. In plain sh: an agent needs no library, only files.
mkdir -p inbox outbox memory
touch memory/submissions.jsonl memory/done.jsonl

field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$2"; }

put() { cat > "$1.tmp" && mv "$1.tmp" "$1"; }

while :; do
  printf '{"at":"%s","state":"idle"}\n' "$(date -u +%FT%TZ)" | put heartbeat.json
  for last in inbox/*.json; do true; done # what comes while it is listed waits: an earlier one may have been missed
  for message in inbox/*.json; do
    [ -e "$message" ] || continue
    [ "$message" \> "$last" ] && break
    id=$(field id "$message")
    if ! grep -qF "\"id\":\"$id\"" memory/done.jsonl; then
      name=$(field name "$message")
      printf '{"id":"%s","name":"%s"}\n' "$id" "$name" >> memory/submissions.jsonl
      printf '{"id":"%s.done","to":"em","type":"update","reference":"%s","payload":{"submitted":"%s"}}\n' \
        "$id" "$(field reference "$message")" "$name" | put "outbox/$id.done.json"
      printf '{"id":"%s"}\n' "$id" >> memory/done.jsonl
    fi
    rm "$message"
  done
  sleep 0.2
done
