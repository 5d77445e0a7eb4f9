-- What does wrk send? `wrk … -s grants.lua URL -- PATH SECONDS THREADS CONNECTIONS READY TOKENS [once]`: POST PATH with the tokens of a
-- file, one a line, in turn, each thread a part of them; TOKENS may be `-` for GET PATH without any. With `once`, no token is sent twice.
--
-- wrk starts each thread before the next one has read its tokens. So the last of them makes the file READY, and nobody sends before.
--
-- wrk cuts what is on its way at its end: a service has done it, and nobody has counted it. So each thread sends for SECONDS, then nothing
-- more, and prints `drained` once each of its CONNECTIONS has had its last answer. Whoever started wrk may then end it by SIGINT.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } moment;
  int clock_gettime(int clock, moment *now);
]]
local BODY = '{"fileName":"photo.jpg","contentType":"image/jpeg","size":12345}'
local MONOTONIC = 1
local threads = {}

-- For all threads, before they begin.
function setup(thread)
  thread:set("part", #threads)
  table.insert(threads, thread)
end

-- In each thread, as everything below.
function init(arguments)
  local path, file = arguments[1], arguments[6]
  ready = arguments[5]
  seconds, parts, waiting, once = tonumber(arguments[2]), tonumber(arguments[3]), tonumber(arguments[4]), arguments[7] == "once"
  local host = "Host: " .. wrk.host .. ":" .. wrk.port .. "\r\n"
  requests = {}
  if file == "-" then
    requests[1] = "GET " .. path .. " HTTP/1.1\r\n" .. host .. "\r\n"
  else
    local rest = "\r\nContent-Type: application/json\r\nContent-Length: " .. #BODY .. "\r\n\r\n" .. BODY
    local number = 0
    for token in io.lines(file) do
      if number % parts == part then
        requests[#requests + 1] = "POST " .. path .. " HTTP/1.1\r\n" .. host .. "Authorization: Bearer " .. token .. rest
      end
      number = number + 1
    end
  end
  -- From here on nothing is made that would have to be collected.
  collectgarbage("stop")
  moment = ffi.new("moment")
  sent, turn, lasted, exhausted = 0, 0, 0, 0
  -- wrk asks the first thread for a request of which it only looks at the form.
  looked_at = part ~= 0
  if part == parts - 1 then
    io.open(ready, "w"):close()
  end
end

local function now()
  ffi.C.clock_gettime(MONOTONIC, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

-- wrk asks for a request when a connection is free. One that gets nothing to send is silent from then on.
local function nothing()
  waiting = waiting - 1
  if waiting == 0 then
    io.write("drained\n")
    io.flush()
  end
  return ""
end

local function wait_until_ready()
  local file
  repeat
    file = io.open(ready)
  until file
  file:close()
end

function request()
  if not looked_at then
    looked_at = true
    return requests[1]
  end
  if not began then
    wait_until_ready()
    began, began_cpu = now(), os.clock()
  end
  lasted = now() - began
  if lasted >= seconds then
    return nothing()
  end
  if turn == #requests then
    if once then
      exhausted = 1
      seconds = lasted
      return nothing()
    end
    turn = 0
  end
  turn, sent = turn + 1, sent + 1
  return requests[turn]
end

function done(summary, latency)
  local cpu, sent, lasted, exhausted = os.clock(), 0, 0, 0
  local began_cpu = cpu
  for _, thread in ipairs(threads) do
    sent = sent + thread:get("sent")
    exhausted = math.max(exhausted, thread:get("exhausted"))
    lasted = math.max(lasted, thread:get("seconds"))
    began_cpu = math.min(began_cpu, thread:get("began_cpu") or cpu)
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"sent":%d,"answered":%d,"refused":%d,"socket_errors":%d,"timeouts":%d,"exhausted":%d,"seconds":%.6f,"cpu_seconds":%.6f,' ..
    '"p50_us":%d,"p90_us":%d,"p99_us":%d,"p999_us":%d,"max_us":%d}\n',
    sent, summary.requests, errors.status, errors.connect + errors.read + errors.write, errors.timeout, exhausted, lasted, cpu - began_cpu,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9), latency.max))
end
