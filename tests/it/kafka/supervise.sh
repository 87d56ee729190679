#!/bin/sh
# Parent of a test cluster's brokers: sh supervise.sh FOLDER COMMAND...
#
# It reads orders from standard input, a pipe that only the test process holds, and answers each with one
# line. When the pipe closes, however the test process ended (kill -9 too), every broker is killed and the
# folder removed, so that nothing outlives a test run. Brokers are children of this shell: a dead one stays
# a zombie until it is waited for, so its process id cannot have become somebody else's.
#
#   start N    run COMMAND FOLDER/N/server.properties, output appended to FOLDER/N/broker.log
#   kill N     kill -9, answered when the broker is gone
#   terminate N   SIGTERM, answered at once
#   pause N    it answers nobody any more; its connections stay
#   resume N   it goes on
#   state N    answered with running or ended
folder=$1
shift

# Ctrl-C reaches the whole process group; an interrupted read ends the loop and leads to the clean-up below.
trap : HUP INT TERM

while read -r order n; do
    eval "pid=\$pid_$n"
    case $order in
    start)
        "$@" "$folder/$n/server.properties" </dev/null >>"$folder/$n/broker.log" 2>&1 &
        eval "pid_$n=$!"
        echo started
        ;;
    kill)
        kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        eval "pid_$n="
        echo killed
        ;;
    terminate)
        kill -TERM "$pid" 2>/dev/null
        echo asked
        ;;
    pause)
        kill -STOP "$pid"
        echo paused
        ;;
    resume)
        kill -CONT "$pid"
        echo resumed
        ;;
    state)
        # The third field of the process's status line is Z for a zombie.
        case $(cut -d' ' -f3 "/proc/${pid:-none}/stat" 2>/dev/null) in
        '' | Z) echo ended ;;
        *) echo running ;;
        esac
        ;;
    esac
done

trap '' HUP INT TERM
for n in 1 2 3; do
    eval "pid=\$pid_$n"
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
done
wait
# A test may have put a small file system below a broker's data.
umount "$folder"/*/data 2>/dev/null
rm -rf "$folder"
