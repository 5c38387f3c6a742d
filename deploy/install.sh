#!/usr/bin/env bash
# Put the hub and the course on a server: Debian 12 or 13, Ubuntu 22.04 or 24.04, systemd. Run it again to update.
#
#   sudo deploy/install.sh                everything: Debian's packages, the shared folder, a service of systemd
#   deploy/install.sh environment course  the shared folder alone, without root: for a trial on your own machine
#
# PREFIX is the shared folder, /opt/gan-course unless said. All students read it and none can write to it:
#   venv/         one environment for the hub and for every student
#   course.git/   the course; each student's own copy comes from here, so a class needs no internet
#   data/         the full MNIST and Fashion-MNIST, once for all (where their mirrors can be reached)
#   proxy/        configurable-http-proxy
#   hub/          the configuration
# TORCH_OPTIONS goes to pip for torch: '--index-url ADDRESS' takes the small CPU build; the main README has the address.
set -euo pipefail
umask 022

COURSE=$(cd "$(dirname "$0")/.." && pwd)
PREFIX=${PREFIX:-/opt/gan-course}

packages() {
  apt-get update -q
  apt-get install -qy python3-venv git
  command -v npm > /dev/null || apt-get install -qy nodejs npm # another maker's nodejs brings npm and bars Debian's
}

environment() {
  mkdir -p "$PREFIX"/{proxy,data}
  [ -x "$PREFIX/venv/bin/pip" ] || python3 -m venv "$PREFIX/venv"
  # shellcheck disable=SC2086  # the options are several words
  "$PREFIX/venv/bin/pip" install -q ${TORCH_OPTIONS:-} torch torchvision
  "$PREFIX/venv/bin/pip" install -q -r "$COURSE/requirements.txt" -r "$COURSE/deploy/requirements-hub.txt"
  # Version 5 needs a newer Node than Debian 12 has.
  npm install --silent --no-audit --no-fund --prefix "$PREFIX/proxy" configurable-http-proxy@4
  for set in mnist fashion; do # says so where a mirror cannot be reached: the course needs only what is in the clone
    (cd "$COURSE" && "$PREFIX/venv/bin/python" -c \
      "import sys; from ganlib import data; data.load('$set', full=True, cache=sys.argv[1])" "$PREFIX/data")
  done
  read_only "$PREFIX"/{venv,proxy,data}
}

course() { # what is committed on the branch that is checked out here becomes the students' main
  mkdir -p "$PREFIX/hub"
  [ -d "$PREFIX/course.git" ] || git init -q --bare "$PREFIX/course.git"
  git --git-dir "$PREFIX/course.git" symbolic-ref HEAD refs/heads/main
  git --git-dir "$PREFIX/course.git" config receive.shallowUpdate true
  git -C "$COURSE" push -q "$PREFIX/course.git" HEAD:refs/heads/main
  cp "$COURSE"/deploy/{jupyterhub_config.py,trial_config.py,start-student} "$PREFIX/hub/"
  read_only "$PREFIX"/{course.git,hub}
}

read_only() { # for all but the owner, who is root on a server
  chmod -R u+rwX,go+rX,go-w "$@"
}

trust() { # a student's git refuses a repository that is another user's, root's too, unless the machine vouches for it
  git config --system --get-all safe.directory | grep -qxF "$PREFIX/course.git" ||
    git config --system --add safe.directory "$PREFIX/course.git"
}

service() {
  groupadd --force gan-students
  cat > /etc/systemd/system/gan-course-hub.service <<UNIT
[Unit]
Description=JupyterHub for the GAN course
After=network.target

[Service]
ExecStart=$PREFIX/venv/bin/jupyterhub -f $PREFIX/hub/jupyterhub_config.py
StateDirectory=gan-course-hub
StateDirectoryMode=0700
WorkingDirectory=/var/lib/gan-course-hub
# The students' servers are units of their own and live on when the hub is restarted.
Restart=on-failure
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable --quiet gan-course-hub
  systemctl restart gan-course-hub
}

[ $# -gt 0 ] || set -- packages environment course trust service
for step; do
  case $step in
    packages | environment | course | trust | service) "$step" ;;
    *) sed -n '2,5s/^# \?//p' "$0"; exit 2 ;;
  esac
done
