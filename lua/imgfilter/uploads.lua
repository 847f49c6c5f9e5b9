-- /uploads: uploads in pieces, by tus 1.0 with its extensions creation, termination and expiration. The upload module
-- keeps the bytes, the native library the account of each upload; here is the protocol.
--
-- An upload has all its bytes only once its task exists: nobody is told so before storage and database have both
-- confirmed. When they could not, the client's next question tries again.

local cjson = require "cjson.safe"
local announce = require "imgfilter.announce"
local answer = require "imgfilter.answer"
local config = require "imgfilter.config"
local keys = require "imgfilter.keys"
local metrics = require "imgfilter.metrics"
local orders = require "imgfilter.orders"
local pressure = require "imgfilter.pressure"
local problems = require "imgfilter.problem"
local quotas = require "imgfilter.quotas"
local trace = require "imgfilter.trace"
local upload = require "imgfilter.upload"

local M = {}

local VERSION = "1.0.0"
local EXTENSIONS = "creation,termination,expiration"
local PIECE = "application/offset+octet-stream"

-- Looking at an account takes microseconds, hashing 100 MB a tenth of a second; this is for a disk that hangs. In
-- seconds.
local DISK_TIMEOUT = 30
-- How long one request may take to make the task of an upload before another may try, in seconds: whoever took its
-- turn may be dead.
local LONGEST_FINISH = 120
-- How often the uploads whose time is over are removed, in seconds.
local SWEEP_INTERVAL = 600

local function place()
    return { folder = config.spool .. "/uploads", edge = config.edge_name, life = config.upload_life }
end

-- A call about uploads, on a thread: its value, or nil and the problem.
local function call(name, input)
    input.place = place()
    local check = name == "upload_finish" and orders.prepare or orders.check
    return check(name, cjson.encode(input), DISK_TIMEOUT)
end

-- The name in the address of an upload, or "" for what cannot be one.
local function wanted()
    return ngx.var.uri:match("^/uploads/([%w-]+)$") or ""
end

-- A header that is a whole number, as tus has them all: nil where it is not.
function M.whole(header)
    return type(header) == "string" and #header <= 15 and header:match("^%d+$") and tonumber(header) or nil
end

-- --- What every answer says ---------------------------------------------------------------------------------------

local function empty(status, headers)
    ngx.status = status
    for name, value in pairs(headers or {}) do
        ngx.header[name] = value
    end
    if status == 201 then
        ngx.header["Content-Length"] = 0
    end
    ngx.header["Cache-Control"] = "no-store"
    ngx.req.discard_body()
    ngx.send_headers()
    return ngx.exit(ngx.HTTP_OK)
end

local function task_url(progress)
    return progress.ended and config.public_url .. "/tasks/" .. progress.task or nil
end

-- Where an upload stands.
local function standing(progress)
    return {
        ["Upload-Offset"] = string.format("%d", progress.offset),
        ["Upload-Expires"] = ngx.http_time(progress.expires),
        ["Imgfilter-Task"] = task_url(progress),
    }
end

-- --- Who asks, and how --------------------------------------------------------------------------------------------

-- What a request does: clients that can only POST name the method in a header.
local function method()
    local sent = ngx.req.get_method()
    return sent == "POST" and ngx.var.http_x_http_method_override or sent
end

-- Answers OPTIONS, and refuses other methods than those of this address, and other versions of the protocol.
local function greet(methods)
    ngx.header["Tus-Resumable"] = VERSION
    if method() == "OPTIONS" then
        return empty(204, {
            Allow = table.concat(methods, ", "),
            ["Tus-Version"] = VERSION,
            ["Tus-Extension"] = EXTENSIONS,
            ["Tus-Max-Size"] = string.format("%d", config.max_body),
        })
    end
    answer.allow_method(method(), methods)
    if ngx.var.http_tus_resumable ~= VERSION then
        ngx.header["Tus-Version"] = VERSION
        local detail = "Tus-Resumable must be " .. VERSION
        return answer.refuse(problems.new("unsupported_tus_version", { detail = detail, field = "Tus-Resumable" }))
    end
end

-- Whether a refusal stands, whatever is tried later.
local function is_final(problem)
    return problem.status < 500 and problem.status ~= 429 and problem.status ~= 409 and problem.status ~= 423
end

-- Ends the request before its body is read. A client whose question how far it has come is refused begins the upload
-- anew, unless it is told that somebody else is at it: so that is what it is told where asking again may help.
local function refuse(problem, challenge)
    if method() == "HEAD" and not is_final(problem) then
        problem = problems.new("upload_locked")
    end
    return answer.refuse(problem, challenge)
end

-- The caller, or the end of the request. Uploads in pieces need no Idempotency-Key: their name is one.
local function who()
    local caller, problem, challenge = keys.caller("upload")
    if not caller then
        return refuse(problem, challenge)
    end
    return caller
end

-- Counts the unfinished uploads of a caller since this nginx was started, by `step`: how many there are.
local function count(caller, step)
    local place_of = "uploads " .. (caller.owner and "by " .. caller.owner or "at " .. ngx.var.network)
    local unfinished = ngx.shared.edge:incr(place_of, step, 0, config.upload_life)
    if unfinished and unfinished < 0 then
        ngx.shared.edge:delete(place_of)
    end
    return unfinished or 0
end

-- --- Creation -----------------------------------------------------------------------------------------------------

local function length_of_upload()
    local header = ngx.var.http_upload_length
    local length = M.whole(header)
    if not length then
        local detail = header and "Upload-Length is not a whole number"
            or "Upload-Length is missing: an upload's length must be known from its beginning"
        return nil, problems.new("invalid_upload_length", { detail = detail, field = "Upload-Length" })
    end
    if length > config.max_body then
        local detail = string.format("an upload may have at most %d bytes", config.max_body)
        local limit = config.max_body
        return nil, problems.new("body_too_large", { detail = detail, field = "Upload-Length", limit = limit })
    end
    return length
end

local function begin(caller)
    local length, problem = length_of_upload()
    if not length then
        return nil, problem
    end
    problem = pressure.refusal(length) or quotas.spent(caller)
    if problem then
        return nil, problem
    end
    if (ngx.var.args or "") ~= "" then
        local detail = "an upload in pieces takes its options from Upload-Metadata, not from the query string"
        return nil, problems.new("unexpected_query", { detail = detail })
    end
    local metadata = ngx.var.http_upload_metadata or ""
    if not metadata:match("^[\32-\126]*$") then
        local detail = "Upload-Metadata holds more than visible characters of ASCII"
        return nil, problems.new("invalid_metadata", { detail = detail, field = "Upload-Metadata" })
    end
    local limit = config.max_uploads_of_client
    if count(caller, 1) > limit then
        count(caller, -1)
        local detail = "you have as many unfinished uploads as one may have"
        return nil, problems.new("too_many_uploads", { detail = detail, limit = limit })
    end
    -- the task will be of this request's trace, whichever request completes the upload
    caller.trace = trace.of_request()
    local progress
    progress, problem = call("upload_begin", {
        length = length,
        metadata = metadata,
        caller = caller,
        max_uploads = config.max_uploads,
    })
    if not progress then
        count(caller, -1)
    end
    return progress, problem
end

-- POST /uploads
function M.create()
    greet({ "OPTIONS", "POST" })
    local progress, problem = begin(who())
    if not progress then
        return answer.refuse(problem)
    end
    return empty(201, {
        Location = config.public_url .. "/uploads/" .. progress.id,
        ["Upload-Expires"] = ngx.http_time(progress.expires),
    })
end

-- --- The end ------------------------------------------------------------------------------------------------------

-- Makes the task of an upload that has all its bytes: its standing as one that has ended, or nil and the problem. Doing
-- so twice makes one task: its ids were chosen when the upload began. What is refused for good, as one whose task
-- was erased before this is told of it, has no use for its bytes any more.
local function make(progress, caller)
    -- before 100 MB are hashed
    local problem = pressure.refusal(0) or quotas.spent(caller)
    if problem then
        return nil, problem
    end
    local prepared, view
    prepared, problem = call("upload_finish", { id = progress.id, caller = caller })
    if prepared then
        view, problem = upload.store(prepared, caller)
    end
    if not view then
        if problem.quota then
            quotas.remember(caller, problem)
        end
        if is_final(problem) then
            call("upload_remove", { id = progress.id, caller = caller })
            count(caller, -1)
            metrics.upload("refused")
        end
        return nil, problem
    end
    announce.lane(prepared.lane)
    local ended
    ended, problem = call("upload_end", { id = progress.id, caller = caller })
    if not ended then
        return nil, problem
    end
    count(caller, -1)
    metrics.upload("taken", progress.length)
    progress.ended = true
    return progress
end

local function turn(id)
    return "finishing " .. id
end

-- The same, one request at a time: a client whose line was cut after the last byte asks while that byte is worked on.
local function finish(progress, caller)
    if not ngx.shared.edge:add(turn(progress.id), true, LONGEST_FINISH) then
        return nil, problems.new("upload_locked", { detail = "the upload is complete, and just being stored" })
    end
    local found, problem = call("upload_find", { id = progress.id, caller = caller })
    if found and not found.ended then
        found, problem = make(found, caller)
    end
    ngx.shared.edge:delete(turn(progress.id))
    return found, problem
end

-- --- One upload ---------------------------------------------------------------------------------------------------

-- HEAD: how far it has come. One that has all its bytes is one that has its task.
local function show(progress, caller)
    if not progress.ended and progress.offset == progress.length then
        local problem
        progress, problem = finish(progress, caller)
        if not progress then
            return refuse(problem)
        end
    end
    local headers = standing(progress)
    headers["Upload-Length"] = string.format("%d", progress.length)
    headers["Upload-Metadata"] = progress.metadata ~= "" and progress.metadata or nil
    return empty(200, headers)
end

local function mismatch(progress)
    local detail = string.format("the upload has %d bytes: the next piece begins there", progress.offset)
    ngx.header["Upload-Offset"] = string.format("%d", progress.offset)
    return problems.new("offset_mismatch", { detail = detail, field = "Upload-Offset", limit = progress.offset })
end

-- Why a piece cannot be taken: nil if it can.
local function objection(progress)
    local kind = (ngx.var.http_content_type or ""):match("^%s*([^;%s]*)")
    if kind:lower() ~= PIECE then
        local detail = "the Content-Type of a piece is " .. PIECE
        return problems.new("unsupported_media_type", { detail = detail, field = "Content-Type" })
    end
    local offset = M.whole(ngx.var.http_upload_offset)
    if not offset then
        local detail = "Upload-Offset says where the piece begins, in bytes"
        return problems.new("invalid_upload_offset", { detail = detail, field = "Upload-Offset" })
    end
    local rest = progress.length - offset
    if (M.whole(ngx.var.http_content_length) or 0) > rest and offset == progress.offset then
        local detail = string.format("the upload lacks %d bytes, and the piece has more", rest)
        return problems.new("body_too_large", { detail = detail, limit = rest })
    end
    return offset ~= progress.offset and mismatch(progress) or nil
end

-- PATCH: lets the module take the piece.
local function accept(progress, caller)
    local problem = objection(progress)
    if not problem and not progress.ended then
        problem = pressure.refusal(progress.length - progress.offset) or quotas.spent(caller)
    end
    if problem then
        return answer.refuse(problem)
    end
    if progress.ended then
        -- the last piece once more, of which nothing is left to be sent
        return empty(204, standing(progress))
    end
    ngx.var.append_path = progress.path
    ngx.var.append_offset = string.format("%d", progress.offset)
    ngx.var.append_limit = string.format("%d", progress.length)
end

local function remove(progress, caller)
    if ngx.shared.edge:get(turn(progress.id)) then
        return answer.refuse(problems.new("upload_locked", { detail = "the upload is just being stored" }))
    end
    local removed, problem = call("upload_remove", { id = progress.id, caller = caller })
    if not removed then
        return answer.refuse(problem)
    end
    if not progress.ended then
        count(caller, -1)
    end
    return empty(204)
end

local METHODS = { HEAD = show, PATCH = accept, DELETE = remove }

-- /uploads/{id}, before a body is read.
function M.admit()
    greet({ "DELETE", "HEAD", "OPTIONS", "PATCH" })
    local caller = who()
    local progress, problem = call("upload_find", { id = wanted(), caller = caller })
    if not progress then
        return refuse(problem)
    end
    return METHODS[method()](progress, caller)
end

-- After a piece was taken: nobody else writes until this request is answered.
function M.appended()
    -- A piece may take hours, and the key may have been revoked since.
    local caller, problem, challenge = keys.caller("upload")
    if not caller then
        return answer.problem(problem, challenge)
    end
    local progress
    progress, problem = call("upload_find", { id = wanted(), caller = caller })
    if progress and progress.offset == progress.length and not progress.ended then
        progress, problem = finish(progress, caller)
    end
    if not progress then
        return answer.problem(problem)
    end
    return empty(204, standing(progress))
end

-- --- What nobody comes back to ------------------------------------------------------------------------------------

-- In one worker of each nginx: now and then removes uploads whose time is over.
function M.start()
    local function sweep(premature)
        if premature then
            return
        end
        local swept = call("upload_sweep", {})
        if swept and swept.removed > 0 then
            ngx.log(ngx.NOTICE, "removed ", swept.removed, " files of uploads that waited too long")
        end
    end
    ngx.timer.at(0, sweep)
    ngx.timer.every(SWEEP_INTERVAL, sweep)
end

return M
