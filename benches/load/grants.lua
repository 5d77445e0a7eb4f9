-- What does wrk send? `wrk … -s grants.lua URL -- PATH SECONDS THREADS TOKENS [once]`: POST PATH with the tokens of a file, one a line, in
-- turn, each thread a part of them; TOKENS may be `-` for GET PATH without any. With `once`, no token is sent twice.
--
-- wrk cuts what is on its way at its end, which a service has done but nobody has counted. So requests are sent for SECONDS, nothing is sent
-- after that, and wrk goes on for as long as the last answers need: then every request that was sent was answered and counted.

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
  local path, file = arguments[1], arguments[4]
  seconds, parts, once = tonumber(arguments[2]), tonumber(arguments[3]), arguments[5] == "once"
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
end

local function now()
  ffi.C.clock_gettime(MONOTONIC, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

function request()
  if not looked_at then
    looked_at = true
    return requests[1]
  end
  if not began then
    began, began_cpu = now(), os.clock()
  end
  lasted = now() - began
  if lasted >= seconds then
    return ""
  end
  if turn == #requests then
    if once then
      exhausted = 1
      seconds = lasted
      return ""
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
