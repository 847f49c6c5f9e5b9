-- The Rust library, through LuaJIT's FFI: the name of a call and JSON in, JSON out.
--
-- `text` is also what thread pools run: there it must not touch ngx.*, and errors must be strings.

local ffi = require "ffi"
local cjson = require "cjson.safe"
local trace = require "imgfilter.trace"

ffi.cdef [[
typedef struct { char *data; size_t length; } imgfilter_text;
void imgfilter_call(const char *name, size_t name_length,
                    const char *input, size_t input_length, imgfilter_text *answer);
void imgfilter_free(imgfilter_text *text);
]]

local M = {}

local library

-- Not when this module is loaded: that happens in nginx's event loop, also for the threads.
local function open_library()
    library = library or ffi.load(os.getenv("IMGFILTER_NATIVE_LIBRARY"))
    return library
end

-- The answer of call `name` to the JSON text `input`: a JSON text.
function M.text(name, input)
    local native = open_library()
    local answer = ffi.new("imgfilter_text")
    native.imgfilter_call(name, #name, input, #input, answer)
    local text = ffi.string(answer.data, answer.length)
    native.imgfilter_free(answer)
    return text
end

-- What a client is told about a mistake of ours.
local internal_error

-- Opens the envelope of an answer: its value, or nil and the problem to tell the client.
function M.open(text)
    local answer, err = cjson.decode(text)
    if answer and answer.ok then
        return answer.ok
    end
    if answer and answer.problem then
        return nil, answer.problem
    end
    trace.log(ngx.ERR, "native: ", answer and answer.fault or err)
    return nil, internal_error
end

-- Calls that take microseconds; the others belong on a thread (threads.native).
function M.call(name, input)
    return M.open(M.text(name, input))
end

-- Hands the configuration over, in nginx's master process.
function M.initialise(config)
    local answer = cjson.decode(M.text("initialise", cjson.encode(config)))
    if answer.fault then
        error(answer.fault, 0)
    end
    internal_error = M.call("problem", '{"code":"internal_error"}')
end

return M
