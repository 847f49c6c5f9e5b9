-- What was revoked or erased goes out of this nginx's cache and memory. The database has a list of it; one timer of the
-- first worker reads on in it, has a thread unlink the files, and tells all workers to forget their links.
--
-- That makes it quick. That a link is dead within IMGFILTER_LINK_MEMORY does not depend on it.

local cjson = require "cjson.safe"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local links = require "imgfilter.links"
local threads = require "imgfilter.threads"

local M = {}

-- How often the list is read, and how often each worker looks whether it has to forget something; in seconds.
local INTERVAL = 2
local LOOK = 1

-- Rows at a time. How many times as many may wait to be unlinked again before the list is read on, and how many times
-- as many are unlinked late before others have their turn.
local BATCH = 1000
local MOST_AGAIN = 100
local MOST_LATE = 10

-- The list is read twice: at once, and so many seconds later, for a copy that was on its way all that time.
local LATER = 180

-- How long a thousand files may take, in seconds.
local UNLINK_TIMEOUT = 30

-- Where nginx's cache keeps what it has under a key: levels=1:2.
function M.path(folder, key)
    local name = ngx.md5(key)
    return folder .. "/results/" .. name:sub(-1) .. "/" .. name:sub(-3, -2) .. "/" .. name
end

-- What is to be unlinked again, and when, the first first: { at =, paths = }.
local again = {}

local function paths_of(purged)
    local paths = {}
    for index, each in ipairs(purged) do
        paths[index] = M.path(config.cache, each.object)
    end
    return table.concat(paths, "\n")
end

-- Unlinks copies. Mostly there are none: nobody has asked for them here.
local function unlink(paths)
    local _, err = threads.run("files", UNLINK_TIMEOUT, "imgfilter.purge_thread", "unlink", paths)
    if err then
        ngx.log(ngx.ERR, "purge: copies may stay in the cache: ", err)
    end
end

-- Has all workers forget these links. They are told before the rows are deleted and after: whoever writes a row into
-- what they share looks then whether they were told (see links.lua), and whoever has read it just before it went must
-- forget it.
local function tell(purged)
    ngx.shared.edge:incr(links.PURGES, 1, 0)
    for _, each in ipairs(purged) do
        if each.link ~= cjson.null then
            ngx.shared.links:delete(each.link)
        end
    end
    ngx.shared.edge:incr(links.PURGES, 1, 0)
end

-- Has all workers forget, and unlinks the copies: at once, and again when all have forgotten, for one that had not may
-- just have fetched a copy anew.
local function take_out(purged)
    tell(purged)
    local paths = paths_of(purged)
    again[#again + 1] = { at = ngx.now() + 2 * LOOK, paths = paths }
    unlink(paths)
end

local function unlink_again()
    while again[1] and again[1].at <= ngx.now() do
        unlink(table.remove(again, 1).paths)
    end
end

local function unlink_late(purged)
    unlink(paths_of(purged))
end

-- Reads on from a place in the list, at most so many times; the place up to where it was read.
local function read_on(place, age, most, job)
    for _ = 1, most do
        local text = database.call("purged_since", place, age, BATCH)
        local list = text and cjson.decode(text)
        if not list then
            return place
        end
        if #list.purged > 0 then
            job(list.purged)
        end
        place = list.place
        if #list.purged < BATCH then
            break
        end
    end
    return place
end

-- A timer that does its job again and again, one after the other. Where nginx has no timer left, it keeps the one it
-- has until there is another.
local function every(seconds, job)
    local function run(premature)
        if premature then
            return
        end
        local ran, err = pcall(job)
        if not ran then
            ngx.log(ngx.ERR, "purge: ", err)
        end
        local set
        set, err = ngx.timer.at(seconds, run)
        while not set and not ngx.worker.exiting() do
            ngx.log(ngx.ERR, "purge: no timer: ", err)
            ngx.sleep(seconds)
            set, err = ngx.timer.at(0, run)
        end
    end
    local set, err = ngx.timer.at(0, run)
    if not set then
        ngx.log(ngx.ERR, "purge: no timer: ", err)
    end
end

local function note_key()
    database.call("note_link_key", config.link_key)
end

-- For each nginx worker, after it was forked.
function M.start()
    local heard = ngx.shared.edge:get(links.PURGES)
    every(LOOK, function()
        local told = ngx.shared.edge:get(links.PURGES)
        if told ~= heard then
            heard = told
            links.forget()
        end
    end)
    if ngx.worker.id() == 0 then
        local prompt, late = "", ""
        every(INTERVAL, function()
            unlink_again()
            prompt = read_on(prompt, 0, MOST_AGAIN - #again, take_out)
            late = read_on(late, LATER, MOST_LATE, unlink_late)
        end)
        every(300, note_key)
    end
end

return M
