# Sourced by the scripts beside it: starts a stand-in Sugar and a Riverline with the built binary, and stops them by their ids.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
riverline=${RIVERLINE_BIN:-$repository/target/debug/riverline}
stage_pids=()

# Whether somebody listens on a port of this machine.
port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start_stage FOLDER SUGAR_PORT PORT INTERNAL_PORT: returns when both answer; FOLDER gets all data and logs.
start_stage() {
  local folder=$1 sugar_port=$2 port=$3 internal_port=$4
  cat >"$folder/riverline.toml" <<TOML
[listen]
public = "127.0.0.1:$port"
internal = "127.0.0.1:$internal_port"

[database]
url = "sqlite://$folder/riverline.db"

[sugar]
url = "http://127.0.0.1:$sugar_port"
username = "riverline"
password = "riverline"
origins = ["http://127.0.0.1:$sugar_port", "http://localhost:$sugar_port"]

[[gateways]]
id = "sim"
kind = "simulator"

[[numbers]]
id = "main"
number = "+14155550100"
gateway = "sim"
label = "Support"
TOML
  "$riverline" package --out "$folder/riverline.zip" >/dev/null
  "$repository/tests/sugar/serve" --port "$sugar_port" --data "$folder/sugar" --zip "$folder/riverline.zip" \
    --riverline-url "http://127.0.0.1:$port" --mode host=footer >"$folder/sugar.log" 2>&1 &
  stage_pids+=($!)
  wait_for_port "$sugar_port" "$!" "$folder/sugar.log"
  "$riverline" --config "$folder/riverline.toml" serve >"$folder/riverline.log" 2>&1 &
  stage_pids+=($!)
  wait_for_port "$port" "$!" "$folder/riverline.log"
  wait_for_port "$internal_port" "$!" "$folder/riverline.log"
}

# wait_for_port PORT PID LOG: until the program listens; when it ends instead, shows its last words.
wait_for_port() {
  until port_is_open "$1"; do
    if ! kill -0 "$2" 2>/dev/null; then
      tail -n 20 "$3" >&2
      return 1
    fi
    sleep 0.1
  done
}

stop_stage() {
  local pid
  for pid in "${stage_pids[@]}"; do
    kill "$pid" 2>/dev/null || true
  done
  for pid in "${stage_pids[@]}"; do
    wait "$pid" 2>/dev/null || true
  done
  stage_pids=()
}
