#!/usr/bin/env bash
# Apache Kafka for development and CI: one KRaft broker on the loopback address, fetched from Maven Central by pom.xml.
#
#   kafka.sh start [--flush]   fetch if need be, start (or find running), print kafka://127.0.0.1:PORT on stdout
#   kafka.sh address           print the address of the running broker; exit 3 if none runs
#   kafka.sh stop              end it in order and wait
#   kafka.sh kill              kill -9 it (for tests of crashes); `start` brings it back on the same port and data
#   kafka.sh clean             stop it and delete its data
#   kafka.sh fetch             only download
#
#   --name NAME   one of several brokers side by side (default: main)      --flush   fsync each record (flush.messages=1)
#
# Everything lives under .kafka/ in the repository (or $SEVENGATES_KAFKA_DIR). Words go to stderr, the address to stdout.
# Exit codes: 0 ok, 1 broken, 2 usage or something missing on this machine, 3 not running.
# The broker is only ever ended by the pid file it left, and only if that pid is still this very broker.
set -euo pipefail

readonly WAIT_READY_S=60 WAIT_STOP_S=30 NEEDED_JAVA=17 HEAP="${SEVENGATES_KAFKA_HEAP:-512m}"
readonly FIRST_PORT=19092 LAST_PORT=29092   # below the range the kernel gives to clients
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly here
readonly root="${SEVENGATES_KAFKA_DIR:-$here/../../.kafka}"

say() { echo "kafka: $*" >&2; }
fail() { local code=$1; shift; say "$*"; exit "$code"; }

java_bin() { if [ -n "${JAVA_HOME:-}" ]; then echo "$JAVA_HOME/bin/java"; else echo java; fi; }

need_java() {
  local java major
  java="$(java_bin)"
  command -v "$java" >/dev/null 2>&1 ||
    fail 2 "Java $NEEDED_JAVA or newer is needed and was not found (Debian: apt-get install openjdk-17-jre-headless)"
  major="$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)"
  [ "${major:-0}" -ge "$NEEDED_JAVA" ] || fail 2 "Java $NEEDED_JAVA or newer is needed, this is Java ${major:-unknown}"
}

# The jars are fetched once for each content of pom.xml; after that no network and no Maven is needed.
fetch() {
  local stamp
  stamp="$(cksum <"$here/pom.xml")"
  [ "$(cat "$root/libs/.pom" 2>/dev/null || true)" = "$stamp" ] && return
  command -v mvn >/dev/null 2>&1 ||
    fail 2 "Maven is needed to download Kafka the first time and was not found (Debian: apt-get install maven)"
  say "downloading Kafka (about 45 MB) from Maven Central ..."
  rm -rf "$root/libs" "$root/libs.new"
  mkdir -p "$root/libs.new"
  if ! mvn -B -q -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$(cd "$root" && pwd)/libs.new" >"$root/fetch.log" 2>&1; then
    fail 1 "the download failed: $(grep -m 1 ERROR "$root/fetch.log" || echo "see $root/fetch.log")"
  fi
  echo "$stamp" >"$root/libs.new/.pom"
  mv "$root/libs.new" "$root/libs"
}

# True if the pid in the pid file is this broker: a pid is given to other processes later.
running() {
  local pid
  pid="$(cat "$broker/pid" 2>/dev/null)" || return 1
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
  if [ -r "/proc/$pid/cmdline" ]; then
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$broker/server.properties"
  else
    ps -p "$pid" -o command= | grep -qF "$broker/server.properties"
  fi
}

in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local port tries
  for tries in $(seq 1 100); do
    port=$((FIRST_PORT + (RANDOM * 32768 + RANDOM) % (LAST_PORT - FIRST_PORT)))
    if [ "$port" != "${1:-}" ] && ! in_use "$port"; then echo "$port"; return; fi
  done
  fail 1 "no free port between $FIRST_PORT and $LAST_PORT after $tries tries"
}

# Keeps the ports of the last start, so that clients find a restarted broker; takes new ones if somebody else has them.
choose_ports() {
  if [ -f "$broker/ports" ]; then
    read -r port control <"$broker/ports"
    if ! in_use "$port" && ! in_use "$control"; then return; fi
    say "port $port or $control is in use by another program: taking new ones"
  fi
  port="$(free_port)"
  control="$(free_port "$port")"
  echo "$port $control" >"$broker/ports"
}

# Session 3 s: the controller takes a broker back after kill -9 only when its dead self has timed out (default 9 s).
write_properties() {
  cat >"$broker/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$control
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$control
advertised.listeners=PLAINTEXT://127.0.0.1:$port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$broker/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
PROPERTIES
  if [ "$flush" = yes ]; then echo "log.flush.interval.messages=1" >>"$broker/server.properties"; fi
}

# An open port is not a ready broker. Sends a Metadata request (version 1, all topics) and wants one broker in the answer:
# after the length and the correlation id comes the count of brokers, which is 00000001.
answers_metadata() {
  local answer
  answer="$( (
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf '\x00\x00\x00\x0e\x00\x03\x00\x01\x00\x00\x00\x07\xff\xff\xff\xff\xff\xff' >&3
    timeout 2 head -c 12 <&3 | od -An -v -tx1 | tr -d ' \n'
  ) 2>/dev/null || true)"
  [[ "$answer" == *0000000700000001 ]]
}

start() {
  need_java
  mkdir -p "$broker"
  exec 9>"$root/lock"
  if command -v flock >/dev/null 2>&1; then flock 9; fi   # two starts at once: the second finds the first one's broker
  fetch
  if running; then
    read -r port control <"$broker/ports"
    say "already running"
    echo "kafka://127.0.0.1:$port"
    return
  fi
  local java args began=$SECONDS
  java="$(java_bin)"
  choose_ports
  write_properties
  if [ ! -f "$broker/data/meta.properties" ]; then
    "$java" -cp "$root/libs/*" kafka.tools.StorageTool format -t "$("$java" -cp "$root/libs/*" kafka.tools.StorageTool random-uuid 2>/dev/null)" \
      -c "$broker/server.properties" >"$broker/format.log" 2>&1 || fail 1 "cannot prepare the data folder: see $broker/format.log"
  fi
  args=("$java" "-Xms$HEAP" "-Xmx$HEAP" "-Dlog4j2.configurationFile=$here/log4j2.properties" -cp "$root/libs/*" kafka.Kafka "$broker/server.properties")
  if command -v setsid >/dev/null 2>&1; then args=(setsid "${args[@]}"); fi   # Ctrl-C in this terminal is not for the broker
  nohup "${args[@]}" >"$broker/log" 2>&1 </dev/null 9>&- &
  echo $! >"$broker/pid"
  until answers_metadata "$port"; do
    kill -0 "$(cat "$broker/pid")" 2>/dev/null || fail 1 "the broker ended while starting: $(grep -m 1 -E 'ERROR|FATAL|Exception' "$broker/log" || echo "see $broker/log")"
    [ $((SECONDS - began)) -lt "$WAIT_READY_S" ] || fail 1 "no answer after $WAIT_READY_S s: see $broker/log"
    sleep 0.2
  done
  say "ready on 127.0.0.1:$port (data in $broker/data$([ "$flush" = yes ] && echo ', fsync on each record'))"
  echo "kafka://127.0.0.1:$port"
}

stop() {
  if ! running; then say "not running"; rm -f "$broker/pid"; return; fi
  local pid began=$SECONDS
  pid="$(cat "$broker/pid")"
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do
    if [ $((SECONDS - began)) -ge "$WAIT_STOP_S" ]; then say "no end after $WAIT_STOP_S s, killing it"; kill -KILL "$pid"; fi
    sleep 0.2
  done
  rm -f "$broker/pid"
  say "stopped"
}

end_at_once() {
  running || fail 3 "not running"
  local pid
  pid="$(cat "$broker/pid")"
  kill -KILL "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done   # until then its port is still taken
  rm -f "$broker/pid"
}

usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2; exit 2; }

flush=no name=main port="" control=""
[ $# -ge 1 ] || usage
action=$1
shift
while [ $# -gt 0 ]; do
  case "$1" in
    --flush) flush=yes ;;
    --name) name="${2:?--name wants a value}"; shift ;;
    *) usage ;;
  esac
  shift
done
mkdir -p "$root"
broker="$(cd "$root" && pwd)/brokers/$name"

case "$action" in
  start) start ;;
  stop) stop ;;
  kill) end_at_once ;;
  address) if running; then read -r port control <"$broker/ports"; echo "kafka://127.0.0.1:$port"; else fail 3 "not running"; fi ;;
  clean) stop; rm -rf "$broker"; say "data deleted" ;;
  fetch) need_java; fetch ;;
  *) usage ;;
esac
