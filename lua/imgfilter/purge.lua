-- What was revoked or erased goes out of this nginx's cache and memory. The database has a list of it; one timer of the
-- first worker reads on in it, unlinks the files, and tells all workers to forget their links.
--
-- That makes it quick. That a link is dead within IMGFILTER_LINK_MEMORY does not depend on it.

local cjson = require "cjson.safe"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local links = require "imgfilter.links"

local M = {}

-- How often the list is read, and how often each worker looks whether it has to forget something; in seconds.
local INTERVAL = 2
local LOOK = 1

-- Rows at a time.
local BATCH = 1000

-- The list is read twice: at once, and so many seconds later, for a copy that was on its way all that time.
local LATER = 180

-- How often everybody was told to forget; shared by all workers.
local TOLD = "purges"

-- Where nginx's cache keeps what it has under a key: levels=1:2.
function M.path(folder, key)
    local name = ngx.md5(key)
    return folder .. "/results/" .. name:sub(-1) .. "/" .. name:sub(-3, -2) .. "/" .. name
end

-- What is to be unlinked again, and when: { at =, purged = }.
local again = {}

-- Unlinks the copies. Mostly there are none: nobody has asked for them here.
local function unlink(purged)
    for _, each in ipairs(purged) do
        os.remove(M.path(config.cache, each.object))
    end
end

-- Has all workers forget the links, and unlinks the copies: at once, and again when all have forgotten, for one that
-- had not may just have fetched a copy anew.
local function take_out(purged)
    if #purged == 0 then
        return
    end
    for _, each in ipairs(purged) do
        if each.link ~= cjson.null then
            ngx.shared.links:delete(each.link)
        end
    end
    ngx.shared.edge:incr(TOLD, 1, 0)
    unlink(purged)
    again[#again + 1] = { at = ngx.now() + 2 * LOOK, purged = purged }
end

local function unlink_again()
    local later = {}
    for _, each in ipairs(again) do
        if each.at <= ngx.now() then
            unlink(each.purged)
        else
            later[#later + 1] = each
        end
    end
    again = later
end

-- Reads on from a place in the list; the place where it ends.
local function read_on(place, age)
    repeat
        local text = database.call("purged_since", place, age, BATCH)
        local list = text and cjson.decode(text)
        if not list then
            return place
        end
        take_out(list.purged)
        place = list.place
    until #list.purged < BATCH
    return place
end

-- A timer that does its job again and again, one after the other.
local function every(seconds, job)
    local function run(premature)
        if premature then
            return
        end
        local ran, err = pcall(job)
        if not ran then
            ngx.log(ngx.ERR, "purge: ", err)
        end
        ngx.timer.at(seconds, run)
    end
    ngx.timer.at(0, run)
end

local function note_key()
    database.call("note_link_key", config.link_key)
end

-- For each nginx worker, after it was forked.
function M.start()
    local heard = ngx.shared.edge:get(TOLD)
    every(LOOK, function()
        local told = ngx.shared.edge:get(TOLD)
        if told ~= heard then
            heard = told
            links.forget()
        end
    end)
    if ngx.worker.id() == 0 then
        local prompt, late = "", ""
        every(INTERVAL, function()
            unlink_again()
            prompt = read_on(prompt, 0)
            late = read_on(late, LATER)
        end)
        every(300, note_key)
    end
end

return M
