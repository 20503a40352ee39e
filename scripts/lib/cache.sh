# Where downloads live: GANTRY_CACHE, else XDG_CACHE_HOME/gantry, else ~/.cache/gantry, the same rules as CacheLayout
# in Sources/Model. Exported, so that everything a script starts agrees. Sourced by the scripts; needs bash.

if [ -z "${GANTRY_CACHE:-}" ]; then
    if [ -n "${XDG_CACHE_HOME:-}" ]; then
        GANTRY_CACHE="$XDG_CACHE_HOME/gantry"
    else
        GANTRY_CACHE="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}/.cache/gantry"
    fi
fi
case "$GANTRY_CACHE" in
/*) ;;
*) GANTRY_CACHE="$PWD/$GANTRY_CACHE" ;;
esac
export GANTRY_CACHE

if ! mkdir -p "$GANTRY_CACHE/logs" 2>/dev/null || [ ! -w "$GANTRY_CACHE" ]; then
    echo "$GANTRY_CACHE cannot be written. Set GANTRY_CACHE to a folder that can." >&2
    exit 77
fi

# Swift's and pip's own caches go to the home folder; without a usable one they get a place in ours.
if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
    export HOME="$GANTRY_CACHE/home"
    mkdir -p "$HOME"
fi
