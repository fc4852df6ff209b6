# Resident: keeps one shell waiting for the next line, so that no process is ever the daemon's child, and a start costs the
# same however big the daemon is. Ends when one of them ended without having taken a line: there are no more, or it was killed.
# What it starts forks by itself: with `&` here, the shell would make INT and QUIT ignored for ever after.
# usage: sh launch.sh WAIT [SESSION...]   SESSION: the words that start what follows in a session of its own
_realm_wait=$1
shift
while "$@" /bin/sh "$_realm_wait" | { read -r _realm_said && [ "$_realm_said" = taken ]; }; do :; done
