# One tidy line a step: "[..] what is being done" while it runs, then "[ok] …" or "[no] …" with the time it took. What the
# commands say goes to a log file in the cache and is shown when a step fails. Sourced after cache.sh; needs bash.

log="$GANTRY_CACHE/logs/$(basename "$0")-$(date +%Y%m%d-%H%M%S)-$$.log"
: >"$log"
# The ten newest logs are enough.
find "$GANTRY_CACHE/logs" -maxdepth 1 -name '*.log' -printf '%T@ %p\0' | sort -zrn | tail -zn +11 | cut -zd' ' -f2- |
    xargs -0r rm -f --

ticker=
stop_ticker() {
    [ -z "$ticker" ] && return
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    ticker=
    [ -t 1 ] && printf '\r\033[K'
    return 0
}
trap stop_ticker EXIT
trap 'stop_ticker; echo "Stopped. The same command carries on from here."; exit 130' INT TERM

start_ticker() { # TEXT
    if [ -t 1 ]; then
        ( # 9 is the set-up's lock: only the script itself may hold it
            exec 9>&-
            trap 'exit 0' TERM
            trap '' INT
            while :; do
                printf '\r\033[K[..] %s (%d s) %.60s' "$1" "$((SECONDS - started))" "$(tail -n 1 "$log" | tr -cd '[:print:]')"
                sleep 1
            done
        ) &
    else
        (
            exec 9>&-
            trap 'kill $! 2>/dev/null; exit 0' TERM
            trap '' INT
            sleep 3 &
            wait $!
            echo "[..] $1"
        ) &
    fi
    ticker=$!
}

# Runs COMMAND (a program or a function, under set -e) and ends the script if it fails.
step() { # TEXT COMMAND…
    local text="$1" started=$SECONDS status
    shift
    start_ticker "$text"
    echo "== $text: $*" >>"$log"
    set +e
    (
        set -e
        "$@"
    ) >>"$log" 2>&1 </dev/null 9>&-
    status=$?
    set -e
    stop_ticker
    if [ "$status" -ne 0 ]; then
        echo "[no] $text ($((SECONDS - started)) s)"
        sed -n "$(grep -n "^== $text: " "$log" | tail -n 1 | cut -d: -f1),\$p" "$log" | tail -n +2 | tail -n 30 >&2
        echo "The whole log: $log" >&2
        exit "$status"
    fi
    echo "[ok] $text ($((SECONDS - started)) s)"
}

already() { echo "[ok] $*"; }
fail() { # TEXT…, one line each
    printf '%s\n' "$@" >&2
    exit 1
}
