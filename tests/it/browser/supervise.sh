#!/bin/sh
# Parent of a test's chromedriver and its browser: sh supervise.sh FOLDER, in a process group of its own.
#
# Standard input is a pipe that only the test process holds. When it closes, however the test process ended (kill -9
# too), the whole group is ended and the folder with the browser's profile removed, so that nothing outlives a test run.
folder=$1

# Interrupts are for the test process; the pipe tells what became of it.
trap : HUP INT

TMPDIR=$folder HOME=$folder chromedriver --port=0 </dev/null 2>"$folder/driver.log" &
cat >/dev/null

trap '' TERM
kill -TERM 0
wait
# A browser that is ending still writes to its profile.
until rm -rf "$folder" 2>/dev/null; do :; done
