#!/bin/sh
# Installs what a throw-away SLURM cluster needs, from Debian's or Ubuntu's packages. Says in one
# line why it can't, with status 1. Nothing is started: the packages' own services stay off.
lacking() {
    for program in munged slurmctld slurmd sbatch unshare ip; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "$program" > /dev/null || return 0
    done
    return 1
}
refuse() {
    echo "no SLURM cluster here: $1" >&2
    exit 1
}

lacking || exit 0
[ "$(id -u)" = 0 ] || refuse "installing and running its daemons needs root"
command -v apt-get > /dev/null || refuse "its daemons come from Debian's packages, and there is no apt-get"
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
log=$(mktemp)
{
    apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 update &&
        apt-get -qq install --yes --no-install-recommends \
            munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins util-linux iproute2
} > "$log" 2>&1 || refuse "its packages can't be installed: $(tail -n 1 "$log")"
rm -f "$log"
! lacking || refuse "the packages are installed, and a daemon is still missing"
