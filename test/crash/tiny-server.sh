#!/bin/sh
# tiny-server.sh FOLDER: the least of an MCP server over stdio (2025-11-25), up in a millisecond. Writes down its process
# id, and each call it runs before it answers.
cd "$1" || exit 1
echo "$$" >> pids
while read -r line; do
  id=${line#*'"id":'}
  id=${id%%[,\}]*}
  case $line in
    *'"method":"initialize"'*) said='"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"tiny","version":"1"}}' ;;
    *'"method":"tools/list"'*) said='"result":{"tools":[{"name":"touch","inputSchema":{"type":"object","properties":{"n":{"type":"string"}},"required":["n"]}}]}' ;;
    *'"method":"tools/call"'*)
      echo "$line" >> counted
      said='"result":{"content":[{"type":"text","text":"touched"}]}'
      ;;
    *'"id":'*) said='"error":{"code":-32601,"message":"no such method"}' ;;
    *) continue ;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$id" "$said"
done
