-- Lua's pattern functions, on top of a search that counts its steps; and sorting, formatting and table names
-- without differences between runs. Called with the search, the function that charges for searched bytes, the
-- sort function, and the function that returns the metatable of any value.

local seek, charge, sort, getmetatable = ...
local error, type, rawget, select, tostring = error, type, rawget, select, tostring
local sub, byte, concat, pack, unpack, integer =
    string.sub, string.byte, table.concat, table.pack, table.unpack, math.tointeger

-- The interpretations of a pattern.
local FIND, PLAIN, MATCH, EACH = 0, 1, 2, 3

-- Errors are reported at the caller of the function that calls these.
local HERE = 3

local function text_of(value, index, name)
    local kind = type(value)
    if kind == "string" then
        return value
    end
    if kind == "number" then
        return tostring(value)
    end
    error(("bad argument #%d to '%s' (string expected, got %s)"):format(index, name, kind), HERE)
end

-- Returns the start of a search; a negative position counts from the end.
local function begin(init, text, name)
    local at = init == nil and 1 or integer(init)
    if not at then
        error(("bad argument #3 to '%s' (number expected, got %s)"):format(name, type(init)), HERE)
    end
    if at > 0 then
        return at
    end
    return at < 0 and at >= -#text and #text + at + 1 or 1
end

-- Returns the match; an error if the pattern is invalid.
local function found(first, ...)
    if first == false then
        error((...), HERE)
    end
    return first, ...
end

-- Returns the captures, or the whole match if there are none.
local function whole(text, first, past, ...)
    if not first then
        return nil
    end
    if select("#", ...) == 0 then
        return sub(text, first, past - 1)
    end
    return ...
end

local function place(first, past, ...)
    if not first then
        return nil
    end
    return first, past - 1, ...
end

function string.find(text, pattern, init, plain)
    text, pattern = text_of(text, 1, "find"), text_of(pattern, 2, "find")
    local at = begin(init, text, "find")
    if at > #text + 1 then
        return nil
    end
    return place(found(seek(text, pattern, at, plain and PLAIN or FIND)))
end

function string.match(text, pattern, init)
    text, pattern = text_of(text, 1, "match"), text_of(pattern, 2, "match")
    local at = begin(init, text, "match")
    if at > #text + 1 then
        return nil
    end
    return whole(text, found(seek(text, pattern, at, MATCH)))
end

function string.gmatch(text, pattern, init)
    text, pattern = text_of(text, 1, "gmatch"), text_of(pattern, 2, "gmatch")
    local at, last = begin(init, text, "gmatch"), nil
    local function one(first, past, ...)
        if not first then
            at = #text + 2
            return nil
        end
        at, last = past, past
        return whole(text, first, past, ...)
    end
    return function()
        if at > #text + 1 then
            return nil
        end
        return one(found(seek(text, pattern, at, EACH, last)))
    end
end

local string_find = string.find

-- Expands %0 to %9 in a replacement.
local function filled(by, match, captures)
    local parts, at = {}, 1
    while true do
        local mark = string_find(by, "%", at, true)
        if not mark then
            parts[#parts + 1] = sub(by, at)
            return concat(parts)
        end
        parts[#parts + 1] = sub(by, at, mark - 1)
        local what = sub(by, mark + 1, mark + 1)
        local index = integer(what)
        if what == "%" then
            parts[#parts + 1] = "%"
        elseif index == 0 then
            parts[#parts + 1] = match
        elseif not index then
            error("invalid use of '%' in replacement string", HERE)
        elseif index == 1 and captures.n == 2 then
            parts[#parts + 1] = match
        elseif index + 2 > captures.n then
            error(("invalid capture index %%%d in replacement string"):format(index), HERE)
        else
            parts[#parts + 1] = captures[index + 2]
        end
        at = mark + 2
    end
end

function string.gsub(text, pattern, by, most)
    text, pattern = text_of(text, 1, "gsub"), text_of(pattern, 2, "gsub")
    local kind = type(by)
    if kind == "number" then
        by, kind = tostring(by), "string"
    elseif kind ~= "string" and kind ~= "function" and kind ~= "table" then
        error(("bad argument #3 to 'gsub' (string/function/table expected, got %s)"):format(kind), 2)
    end
    most = most == nil and #text + 1 or integer(most)
    if not most then
        error("bad argument #4 to 'gsub' (number expected)", 2)
    end
    local anchored = byte(pattern, 1) == byte("^")
    local parts, count, at, last = {}, 0, 1, nil
    while count < most and at <= #text + 1 do
        local captures = pack(found(seek(text, pattern, at, MATCH, last)))
        local first, past = captures[1], captures[2]
        if not first then
            break
        end
        count = count + 1
        parts[#parts + 1] = sub(text, at, first - 1)
        local match, value = sub(text, first, past - 1), nil
        if kind == "string" then
            value = filled(by, match, captures)
        elseif kind == "table" then
            value = by[captures.n > 2 and captures[3] or match]
        elseif captures.n > 2 then
            value = by(unpack(captures, 3, captures.n))
        else
            value = by(match)
        end
        if not value then
            value = match
        elseif type(value) ~= "string" and type(value) ~= "number" then
            error(("invalid replacement value (a %s)"):format(type(value)), 2)
        end
        parts[#parts + 1] = value
        at, last = past, past
        if anchored then
            break
        end
    end
    parts[#parts + 1] = sub(text, at)
    return concat(parts), count
end

-- Lua names a table by its address, which differs between runs; these names are numbered.
local names, count = setmetatable({}, { __mode = "k" }), 0

function _G.tostring(value)
    local kind = type(value)
    if kind ~= "table" and kind ~= "function" then
        return tostring(value)
    end
    local meta = getmetatable(value)
    if meta and rawget(meta, "__tostring") ~= nil then
        return tostring(value)
    end
    if not names[value] then
        count = count + 1
        names[value] = kind .. ": " .. count
    end
    return names[value]
end

local named, format, gmatch = _G.tostring, string.format, string.gmatch

function string.format(form, ...)
    if type(form) ~= "string" then
        return format(form, ...)
    end
    local values, index = pack(...), 0
    for mark in gmatch(form, "%%[-+ #0]*%d*%.?%d*(.)") do
        if mark ~= "%" then
            index = index + 1
            if mark == "p" then
                error("%p prints an address, which differs between runs", 2)
            end
            local kind = type(values[index])
            if mark == "s" and (kind == "table" or kind == "function") then
                values[index] = named(values[index])
            end
        end
    end
    return format(form, unpack(values, 1, values.n))
end

table.sort = sort

-- Functions that move elements or read a string within one instruction.
local insert, remove = table.insert, table.remove

function table.insert(list, ...)
    if select("#", ...) > 1 and type(list) == "table" then
        charge(#list)
    end
    return insert(list, ...)
end

function table.remove(list, ...)
    if select("#", ...) > 0 and type(list) == "table" then
        charge(#list)
    end
    return remove(list, ...)
end

for _, name in ipairs { "len", "codepoint", "offset" } do
    local own = utf8[name]
    utf8[name] = function(text, ...)
        if type(text) == "string" then
            charge(#text)
        end
        return own(text, ...)
    end
end
