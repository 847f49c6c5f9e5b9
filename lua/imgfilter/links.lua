-- What nginx knows of links: from the token in a URL to what is to be answered.
--
-- A token's tag is checked, then the database is asked for its row. Both are remembered: the row by all workers of this
-- nginx, what is made of both by each of them. Nothing is believed longer than IMGFILTER_LINK_MEMORY.

local cjson = require "cjson.safe"
local semaphore = require "ngx.semaphore"
local lrucache = require "resty.lrucache"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local keys = require "imgfilter.keys"
local native = require "imgfilter.native"
local problems = require "imgfilter.problem"

local M = {}

-- The only types ever answered; what is not among them is sent as bytes to be saved.
local TYPES = {
    jpeg = "image/jpeg", png = "image/png", gif = "image/gif",
    webp = "image/webp", tiff = "image/tiff", bmp = "image/bmp",
    avif = "image/avif",
}

-- How often this nginx's workers were told to forget what they know of links; in ngx.shared.edge (see purge.lua).
M.PURGES = "purges"

-- What is remembered of a link whose row is no more.
local NO_ROW = "none"

-- Links that each worker has at hand, of about a kilobyte each. Only those whose tag is right, so that nobody else can
-- push them out.
local AT_HAND = 8192

-- How long the tokens are counted that an address tries in vain, in seconds.
local MISSES_LIFE = 60

local at_hand = lrucache.new(AT_HAND)

-- A Content-Disposition (RFC 6266): a plain name for old clients, and the true one percent-encoded.
function M.disposition(kind, filename)
    local plain = filename:gsub("[^%w%.%-_ ]", "_")
    local encoded = filename:gsub("[^%w%.%-_]", function(byte)
        return string.format("%%%02X", byte:byte())
    end)
    return kind .. '; filename="' .. plain .. "\"; filename*=UTF-8''" .. encoded
end

-- What is at hand of a row that was asked for at `told`: when it ends by this machine's clock, and what is said with
-- its bytes.
function M.made_of(row, told)
    if row.gone then
        return { ends = 0 }
    end
    local mime = TYPES[row.format]
    local sent = mime or "application/octet-stream"
    return {
        ends = told + row.seconds,
        object = row.object_key,
        mime = sent,
        about = row.sha256 .. " " .. sent,
        shown = M.disposition(mime and "inline" or "attachment", row.filename),
        saved = M.disposition("attachment", row.filename),
    }
end

-- Questions under way, by link.
local asked = {}

local function purges()
    return ngx.shared.edge:get(M.PURGES)
end

-- Remembers a row for all workers, counted from when it was asked for, unless a purge was told since: the row may be
-- from before it. Looks again when it has written: whoever purges counts first and deletes then, so one of both takes
-- it away.
local function remember(link, question)
    local left = config.link_memory - (ngx.time() - question.told)
    if left <= 0 or purges() ~= question.purges then
        question.is_late = true
        return
    end
    ngx.shared.links:set(link, question.text, left, question.told)
    if purges() ~= question.purges then
        question.is_late = true
        ngx.shared.links:delete(link)
    end
end

-- Asks for the row of a link: a question with its `text`, or NO_ROW, and when it was asked (`told`); or with a
-- `problem`. Many who want the same at once ask once; but who comes after a purge does not trust a question from before
-- it.
local function ask(link)
    local question, purged = asked[link], purges()
    if question and question.purges == purged then
        question.waiting = question.waiting + 1
        if not question.done:wait(2 * config.database_timeout) then
            return { problem = problems.new("database_unavailable") }
        end
        return question
    end
    question = { done = semaphore.new(0), waiting = 0, told = ngx.time(), purges = purged }
    asked[link] = question
    local text, problem = database.call("link_view", link)
    question.text, question.problem = text or NO_ROW, problem
    if not problem then
        remember(link, question)
    end
    if asked[link] == question then
        asked[link] = nil
    end
    if question.waiting > 0 then
        question.done:post(question.waiting)
    end
    return question
end

-- What is to be answered, and the seconds for which that may be believed; or nil and the problem.
local function learn(link)
    local text, told = ngx.shared.links:get(link)
    local is_late = false
    if not text then
        local question = ask(link)
        if question.problem then
            return nil, question.problem
        end
        text, told, is_late = question.text, question.told, question.is_late
    end
    local row = text ~= NO_ROW and cjson.decode(text) or { gone = true }
    return M.made_of(row, told), is_late and 0 or config.link_memory - (ngx.time() - told)
end

-- What somebody is told who has a token that is none of ours: beyond so many a minute, to wait. Whoever has a good one
-- is served all the same.
function M.miss()
    local limit = config.link_misses
    if limit > 0 then
        local place = "link from " .. keys.network(ngx.var.binary_remote_addr)
        local misses = ngx.shared.misses
        if (misses:incr(place, 1, 0, MISSES_LIFE) or 0) > limit then
            local detail = string.format("%d unknown links a minute may be tried", limit)
            local retry_after = math.max(math.ceil(misses:ttl(place) or 0), 1)
            return problems.new("too_many_requests", { detail = detail, limit = limit, retry_after = retry_after })
        end
    end
    return problems.new("not_found", { detail = "there is no such link" })
end

-- What is to be answered to whoever has this token while its link lives, or nil and the problem. A tag that is not ours
-- is refused without asking anyone.
function M.find(token)
    local link = at_hand:get(token)
    if link then
        return link
    end
    if token:find("[^%w_-]") then
        return nil, M.miss()
    end
    local checked, problem = native.call("verify_link", cjson.encode({ token = token }))
    if not checked then
        return nil, problem
    end
    if checked.link == cjson.null then
        return nil, M.miss()
    end
    local life
    link, life = learn(checked.link)
    if not link then
        return nil, life
    end
    if life > 0 then
        at_hand:set(token, link, life)
    end
    return link
end

-- Forgets what this worker has at hand; the rows that all share are asked again.
function M.forget()
    at_hand:flush_all()
end

return M
