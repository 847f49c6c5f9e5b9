local support = require "lua.spec.support"

local again = support.load("imgfilter.again", {
    ["imgfilter.answer"] = {}, ["imgfilter.config"] = {}, ["imgfilter.database"] = {}, ["imgfilter.orders"] = {},
    ["imgfilter.problem"] = {},
})

describe("the body of an order", function()
    it("is JSON if its type says so", function()
        for _, content_type in ipairs({ "application/json", "Application/JSON", "application/json; charset=utf-8",
                                        " application/json;x" }) do
            assert.is_true(again.is_json(content_type), content_type)
        end
        for _, content_type in ipairs({ "", ";", "application/jsonp", "application/problem+json", "text/json",
                                        "application/json+x", "application/json application/json x",
                                        "x; application/json" }) do
            assert.is_false(again.is_json(content_type), content_type)
        end
        assert.is_false(again.is_json(nil))
    end)
end)
