-- The built-in names are the same for all scripts of a run, and cannot be replaced. Called with the table of
-- built-in names, and the names of the tables in it; returns the function that creates the environment of a
-- script.

local base, tables = ...
local error, getmetatable, rawget, setmetatable, tostring =
    error, getmetatable, rawget, setmetatable, tostring
local rawset_ = rawset

-- For each guarded table, a function that returns the name of a key that must not be set.
local guarded = {}

local function refuse(name)
    error(name .. " is defined by gscript and cannot be redefined", 3)
end

function rawset(t, key, value)
    local name = guarded[t] and guarded[t](key)
    if name then
        refuse(name)
    end
    return rawset_(t, key, value)
end

local function guard(t, content, name_of)
    guarded[t] = name_of
    return setmetatable(t, {
        __index = content,
        __newindex = function(_, key, value)
            local name = name_of(key)
            if name then
                refuse(name)
            end
            rawset_(t, key, value)
        end,
        __metatable = false,
    })
end

for _, name in ipairs(tables) do
    base[name] = guard({}, base[name], function(key)
        return name .. "." .. tostring(key)
    end)
end
getmetatable("").__metatable = false
base._G = nil

return function()
    local own = {}
    own._G = own
    return guard(own, base, function(key)
        return rawget(base, key) ~= nil and key
    end)
end
