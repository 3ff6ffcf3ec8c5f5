#!/bin/sh
# Installs what a throw-away SLURM cluster needs, from Debian's or Ubuntu's packages. Where there can
# be none it says why in one line, with status 1, within a few minutes also where the network only
# swallows what is sent. Nothing is started: the packages' own services stay off.
lacking() {
    for program in munged slurmctld slurmd sbatch unshare nsenter setpriv ip; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "$program" > /dev/null || return 0
    done
    return 1
}
refuse() {
    echo "no SLURM cluster here: $1" >&2
    exit 1
}
quickly="-o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20"
packages="munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins util-linux iproute2"
# Installing what was fetched has no time limit: it must not be cut off half way.
install_packages() {
    timeout 120 apt-get -qq $quickly -o APT::Update::Error-Mode=any update &&
        timeout 240 apt-get -qq $quickly install --yes --no-install-recommends --download-only $packages &&
        apt-get -qq install --yes --no-install-recommends $packages
}

[ "$(id -u)" = 0 ] || refuse "installing and running its daemons needs root"
if lacking; then
    command -v apt-get > /dev/null || refuse "its daemons come from Debian's packages, and there is no apt-get"
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if ! install_packages > "$log" 2>&1 < /dev/null; then
        reason=$(grep . "$log" | tail -n 1)
        refuse "its packages can't be installed: ${reason:-no answer in time}"
    fi
    ! lacking || refuse "the packages are installed, and a daemon is still missing"
fi
unshare --net true 2> /dev/null || refuse "its nodes need a network namespace, which is not allowed"
# A pretended GPU is a device of its own.
place=$(mktemp -d) && mknod "$place/gpu" c 1 3 2> /dev/null
made=$?
rm -rf "$place"
[ "$made" = 0 ] || refuse "its pretended GPUs are devices, which may not be made"
