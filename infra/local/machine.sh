# Sourced by ./dev. What the machine must have before any JavaScript can run: the three toolchains, which we never
# install ourselves, and Debian packages, which we install as root. Exit code 3 = something is missing, and the
# message says which.

missing() { # missing WHAT HOW-TO-GET-IT
  printf '%s\n' "Cartwright needs $1, which this machine does not have. $2" >&2
  exit 3
}

need_node() {
  local get_node='Install Node.js 20.19 or newer: https://nodejs.org/en/download (or your system'\''s package "nodejs").'
  command -v node >/dev/null || missing "Node.js 20.19 or newer" "$get_node"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    missing "Node.js 20.19 or newer (here: $(node --version))" "$get_node"
  command -v npm >/dev/null || missing "npm" "It comes with Node.js: https://nodejs.org/en/download."
}

need_toolchains() {
  need_node
  command -v cargo >/dev/null || missing "Rust" "Install it with rustup: https://rustup.rs."
  (cd -- "$repository" && cargo --version >/dev/null 2>&1) ||
    missing "the Rust toolchain of rust-toolchain.toml" "Run 'rustup toolchain install' in this folder, then try again."
  command -v java >/dev/null || missing "Java 17 or newer (for Kafka)" "On Debian: apt-get install default-jre-headless."
  local version
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ] ||
    missing "Java 17 or newer (here: ${version:-unknown})" "On Debian: apt-get install default-jre-headless."
}

# One line a package: is what it brings here already? Looking for the thing itself is quicker than asking dpkg, and
# right where it was installed another way.
absent_packages() { # absent_packages GROUP...
  local group
  for group in build "$@"; do
    case "$group" in
      build)
        command -v cc >/dev/null && command -v c++ >/dev/null && command -v make >/dev/null || echo build-essential
        command -v pkg-config >/dev/null || echo pkg-config
        pkg-config --exists libssl 2>/dev/null || echo libssl-dev
        pkg-config --exists zlib 2>/dev/null || echo zlib1g-dev
        command -v setpriv >/dev/null || echo util-linux
        ;;
      shop)
        compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || echo postgresql
        command -v redis-server >/dev/null || echo redis-server
        command -v nginx >/dev/null || echo nginx
        /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || echo python3-aiosmtpd
        command -v mvn >/dev/null || echo maven
        ;;
      checks)
        command -v promtool >/dev/null || echo prometheus
        ;;
      tests)
        command -v chromium >/dev/null || echo chromium
        command -v curl >/dev/null || echo curl
        python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
        ;;
    esac
  done | sort -u
}

need_packages() { # need_packages GROUP...
  local absent
  absent=$(absent_packages "$@" | paste -sd ' ')
  [ -n "$absent" ] || return 0
  command -v apt-get >/dev/null || missing "these Debian packages (or their like): $absent" "Install them, then try again."
  [ "$(id -u)" = 0 ] || missing "these packages: $absent" "As root: apt-get install --yes $absent"
  echo "Installing $absent..." >&2
  install_packages $absent || missing "these packages: $absent" "apt-get could not install them; its messages are above."
}

# Debian starts a server as soon as it is installed. Ours are started by the supervisor, on ports and data of their
# own; the machine's stay stopped.
install_packages() {
  local policy=/usr/sbin/policy-rc.d log status=0
  log=$(mktemp)
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt_get update && apt_get install --yes --no-install-recommends "$@" || status=1
  [ $status = 0 ] || tail -n 20 "$log" >&2
  rm -f "$log"
  if [ "$(trap -p EXIT)" ]; then rm -f "$policy"; trap - EXIT; fi
  return $status
}

apt_get() { # writes to install_packages' log
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 -qq "$@" >>"$log" 2>&1 </dev/null
}
